// How near to the end counts as being there, in pixels.
const slack = 60;

/**
 * Keeps a scrolling list of messages where its reader is: at the end if they are there,
 * and otherwise at the same message, whatever is added above or below it.
 */
export class ScrollKeeper {
  atEnd = true;
  private anchor: { element: HTMLElement; top: number } | undefined;
  private end: number | undefined; // how far the list was scrolled to keep its end in view

  constructor(private readonly box: HTMLElement) {}

  /** Whether the list is still where `restore` has put it, at the end: the event of that scrolling says nothing new. */
  get unmoved(): boolean {
    return this.box.scrollTop === this.end;
  }

  /** Call it when the reader has scrolled. */
  remember(): void {
    const { box } = this;
    this.atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < slack;
    this.anchor = undefined;
    this.end = undefined;
    if (this.atEnd) return; // there, the end is what stays
    const top = box.getBoundingClientRect().top;
    for (const element of box.querySelectorAll<HTMLElement>("[data-seq]")) {
      const position = element.getBoundingClientRect();
      if (position.bottom < top) continue;
      this.anchor = { element, top: position.top - top };
      return;
    }
  }

  /**
   * Call it when the content or the size of the list has changed. `absorb` is given the pixels
   * by which what is read has moved down, and returns those for which the list has to scroll:
   * on some phones, that would end a scrolling that is under way.
   */
  restore(absorb: (pixels: number) => number): void {
    const { box, anchor } = this;
    if (this.atEnd) {
      box.scrollTop = box.scrollHeight;
      this.anchor = undefined;
      this.end = box.scrollTop;
      return;
    }
    if (!anchor?.element.isConnected) return;
    const moved = anchor.element.getBoundingClientRect().top - box.getBoundingClientRect().top - anchor.top;
    const rest = moved === 0 ? 0 : absorb(moved);
    if (rest !== 0) box.scrollTop += rest;
  }
}
