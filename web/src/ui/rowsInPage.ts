// The rows of the message list that are in the page, where the reader is, and the space that
// stands for the others. The rows stay in the normal flow of the page: their heights are known
// as soon as they are there, and a row that grows moves the others by itself.
import { type Rows, RowWindow } from "../core/rowWindow";
import { ScrollKeeper } from "./scroll";

// A list opens with so many rows, and gets so many more at a time: the page answers in between.
const rowsAtOnce = 4;

export class RowsInPage {
  private readonly window = new RowWindow();
  private rows: Rows | undefined;
  private kept: number[] = []; // the indices of busy rows outside of the window
  private box: HTMLElement | null = null;
  private flow: HTMLElement | null = null; // what is in the box
  private height = 0; // of the flow, at the last look
  private elements: HTMLCollectionOf<HTMLElement> | [] = []; // of the rows, always as they are now
  private keeper: ScrollKeeper | null = null;
  private viewport = innerHeight;
  private wantsEnd = true;
  private opensElsewhere = false; // at a message, and not at the end

  constructor() {
    this.window.step = rowsAtOnce;
  }

  /** Whether the list is being opened: rows that it needs may come in a moment. */
  get opening(): boolean {
    return this.window.step === rowsAtOnce;
  }

  /** Whether the reader is at the end. */
  get atEnd(): boolean {
    return this.keeper?.atEnd ?? !this.opensElsewhere;
  }

  /** Whether nobody has scrolled since the list was last put at its end. */
  get unmoved(): boolean {
    return this.keeper?.unmoved ?? false;
  }

  /** Whether the last row is in the page. */
  get hasEnd(): boolean {
    return this.window.last === this.rows?.count;
  }

  /** Takes over the rows, and chooses which of them are in the page. */
  update(rows: Rows): void {
    const { window } = this;
    this.rows = rows;
    window.update(rows);
    if (this.wantsEnd || window.empty || (this.atEnd && window.last < rows.count)) window.showEnd(this.viewport);
    this.wantsEnd &&= rows.count === 0; // what comes first may be a long page
    this.keepBusyRows();
  }

  /** Goes to the end with the next update. */
  goToEnd(): void {
    this.wantsEnd = true;
    if (this.keeper) this.keeper.atEnd = true;
  }

  /** Has a row in the page after this update. */
  goTo(index: number): void {
    const { window } = this;
    if (this.keeper) this.keeper.atEnd = false;
    else this.opensElsewhere = true;
    window.step = Infinity;
    if (index < window.first || index >= window.last) window.showAround(index, this.viewport);
    this.keepBusyRows();
  }

  /** The indices of the rows that are in the page, in order. */
  indices(): number[] {
    const { first, last } = this.window;
    const shown = Array.from({ length: last - first }, (_, i) => first + i);
    return [...this.kept.filter((i) => i < first), ...shown, ...this.kept.filter((i) => i >= last)];
  }

  /** Where a row stands that is in the page only because it is busy. */
  keptAt(index: number): number | undefined {
    return this.kept.includes(index) ? this.window.offsetOf(index) : undefined;
  }

  /** The positions of the first and the last message that the reader sees; 0 if there is none. */
  seqsInView(): { first: number; last: number } {
    let [first, last] = [0, 0];
    if (!this.box) return { first, last };
    const view = this.box.getBoundingClientRect();
    for (const row of this.elements) {
      const seq = Number(row.querySelector<HTMLElement>("article[data-seq]")?.dataset.seq ?? 0);
      const { top, bottom } = row.getBoundingClientRect();
      if (seq === 0 || row.classList.contains("kept") || bottom <= view.top || top >= view.bottom) continue;
      first ||= seq;
      // One that is higher than the list is seen when it fills it.
      if (bottom <= view.bottom + 1 || top <= view.top) last = seq;
    }
    return { first, last };
  }

  attach(box: HTMLElement): void {
    if (this.box === box) return;
    this.box = box;
    this.flow = box.querySelector<HTMLElement>(".flow");
    this.elements = box.getElementsByClassName("row") as HTMLCollectionOf<HTMLElement>;
    this.keeper = new ScrollKeeper(box);
    this.keeper.atEnd = !this.opensElsewhere;
    this.viewport = box.clientHeight || innerHeight;
  }

  /** Call it when the size of the list or of a row may have changed. Returns whether other rows are needed now. */
  resized(): boolean {
    const { box, flow, viewport, height } = this;
    if (!box || !flow || (box.clientHeight === viewport && flow.offsetHeight === height)) return false;
    this.viewport = box.clientHeight || innerHeight;
    return this.settle(true);
  }

  /**
   * Keeps the reader's place after the rows have changed. It measures those that are new, unless
   * told to measure all. Returns whether other rows are needed now.
   */
  settle(all = false): boolean {
    const { box, keeper, window } = this;
    if (!box || !keeper) return false;
    this.setSpace();
    for (const row of this.elements) {
      const key = row.dataset.key ?? "";
      if (all || !window.knows(key)) window.measured(key, row.getBoundingClientRect().height);
    }
    keeper.restore((pixels) => {
      const rest = window.absorb(pixels);
      this.setSpace();
      return rest;
    });
    if (!keeper.atEnd) keeper.remember();
    const needsRows = this.cover();
    if (!needsRows && this.rows?.count) window.step = Infinity; // the list is opened
    this.height = this.flow?.offsetHeight ?? 0;
    return needsRows;
  }

  /** Takes over where the reader has scrolled to. Returns whether other rows are needed now. */
  scrolled(): boolean {
    const { keeper } = this;
    if (!keeper) return false;
    keeper.remember();
    return this.cover();
  }

  // Has those rows in the page that are seen or near. Returns whether they are others than before.
  private cover(): boolean {
    const { box, kept, window } = this;
    const first = this.elements[kept.filter((i) => i < window.first).length];
    if (!box || !first) return false;
    return window.cover(first.getBoundingClientRect().top - box.getBoundingClientRect().top, this.viewport);
  }

  // A row in which the user does something stays, wherever the list is scrolled: else it would
  // lose the focus, and what is typed into it.
  private keepBusyRows(): void {
    const { rows, box, window } = this;
    this.kept = [];
    if (!rows || !box?.querySelector(":focus, form, dialog")) return;
    for (const row of this.elements) {
      const article = row.querySelector<HTMLElement>(":scope > article[data-seq]");
      if (!article || !(row.contains(document.activeElement) || row.querySelector("form, dialog"))) continue;
      const index = rows.indexOf(Number(article.dataset.seq));
      if (index < window.first || index >= window.last) this.kept.push(index);
    }
  }

  private setSpace(): void {
    for (const place of ["above", "below"] as const) {
      const space = this.flow?.querySelector<HTMLElement>(`:scope > .${place}`);
      const height = `${this.window[place]}px`;
      if (space && space.style.height !== height) space.style.height = height;
    }
  }
}
