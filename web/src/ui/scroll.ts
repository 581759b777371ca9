// How near to the end counts as being there, in pixels.
const slack = 60;

/**
 * Keeps a scrolling list of messages where its reader is: at the end if they are there,
 * and otherwise at the same message, whatever is added above or below it.
 */
export class ScrollKeeper {
  atEnd = true;
  private anchor: { element: HTMLElement; top: number } | undefined;

  constructor(private readonly box: HTMLElement) {}

  /** Call it when the reader has scrolled. */
  remember(): void {
    const { box } = this;
    this.atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < slack;
    const top = box.getBoundingClientRect().top;
    for (const element of box.querySelectorAll<HTMLElement>("[data-seq]")) {
      const position = element.getBoundingClientRect();
      if (position.bottom < top) continue;
      this.anchor = { element, top: position.top - top };
      return;
    }
    this.anchor = undefined;
  }

  /** Call it when the content or the size of the list has changed. */
  restore(): void {
    const { box, anchor } = this;
    if (this.atEnd) box.scrollTop = box.scrollHeight;
    else if (anchor?.element.isConnected) {
      box.scrollTop += anchor.element.getBoundingClientRect().top - box.getBoundingClientRect().top - anchor.top;
    }
  }
}
