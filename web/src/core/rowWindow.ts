/** The rows of a long list, in order. */
export interface Rows {
  readonly count: number;
  /** A name of the row that stays the same wherever the row is. */
  keyAt(index: number): string;
  /** A number that grows with the index, and that the row keeps; Infinity for what is not stored yet. */
  orderAt(index: number): number;
  /** The index of a row, or of the first one after it. */
  indexOf(order: number): number;
}

/** The height of a row that was never in the page, in pixels. */
const estimate = 64;
/** However high the rows are, so many are in the page. */
const minRows = 10;

const nothing: Rows = { count: 0, keyAt: () => "", orderAt: () => 0, indexOf: () => 0 };

/**
 * Which rows of a long list are in the page: those from `first` up to `last`, without it.
 * The others are empty space above and below.
 *
 * All heights are in pixels. No step depends on the length of the list: what is above and
 * below is counted as the window moves, and only a jump walks over what it skips.
 */
export class RowWindow {
  first = 0;
  last = 0;
  /** How many rows may come into the page above the others at once. */
  step = Infinity;
  /** The height of the rows before `first`, as far as it is known. */
  above = 0;
  /** The height of the rows from `last` on, as far as it is known. */
  below = 0;
  private rows = nothing;
  // The list may change in its place, so this is how it was at the last update.
  private count = 0;
  private edges = { first: 0, last: 0 };
  private readonly heights = new Map<string, number>();
  private prepended = false;

  /** Records how high a row is in the page. */
  measured(key: string, height: number): void {
    this.heights.set(key, height);
  }

  /** Whether the height of a row is known. */
  knows(key: string): boolean {
    return this.heights.has(key);
  }

  /** Takes over the list after a change. The same rows stay in the page, and the end stays in it. */
  update(rows: Rows): void {
    const { first, last, count, edges } = this;
    const from = first < last ? indexIn(rows, edges.first, first) : 0;
    const to = last === count ? rows.count : Math.min(rows.count, indexIn(rows, edges.last, last - 1) + 1);
    const addedBelow = rows.count - to - (count - last);
    this.rows = rows;
    this.first = from;
    this.last = Math.max(from, to);
    this.prepended ||= first < last && from > first;
    this.above = from < first ? this.sum(0, from) : this.above + this.sum(0, from - first);
    if (addedBelow > 0) this.below += this.sum(rows.count - addedBelow, rows.count);
    this.settle();
  }

  /** Whether no row is in the page, though there are some. */
  get empty(): boolean {
    return this.first >= this.last && this.rows.count > 0;
  }

  /** Shows the end of the list. */
  showEnd(viewport: number): void {
    const { count } = this.rows;
    const least = Math.max(0, count - this.step);
    let first = count;
    for (let height = 0; first > least && height < viewport + overscan(viewport); ) height += this.heightOf(--first);
    this.move(first, count);
  }

  /** Shows a row with what is around it. */
  showAround(index: number, viewport: number): void {
    this.cover(viewport / 2 - this.sum(this.first, index), viewport, true);
  }

  /**
   * Shows what is in the viewport, and a little more; what is far away leaves. `top` is where the first row is, seen
   * from the top of the viewport. Returns whether other rows are in the page now.
   */
  cover(top: number, viewport: number, anyway = false): boolean {
    const { rows, first: oldFirst, last: oldLast } = this;
    const over = overscan(viewport);
    const bottom = top + this.sum(oldFirst, oldLast);
    const enough = (oldFirst === 0 || top <= -over / 2) && (oldLast === rows.count || bottom >= viewport + over / 2);
    const tooMuch = oldLast - oldFirst > minRows && (top < -2 * over || bottom > viewport + 2 * over);
    if (enough && !tooMuch && !anyway) return false;
    let first = oldFirst;
    let y = top;
    while (first > Math.max(0, oldFirst - this.step) && y > -over) y -= this.heightOf(--first);
    while (first < rows.count - 1 && y + this.heightOf(first) <= -over) y += this.heightOf(first++);
    let last = first;
    while (last < rows.count && (y < viewport + over || last - first < minRows)) y += this.heightOf(last++);
    this.move(first, last);
    return first !== oldFirst || last !== oldLast;
  }

  /**
   * Makes the space above smaller, because what it stands for is higher than was thought:
   * so nothing moves that is being read. Returns the pixels for which that is impossible.
   */
  absorb(pixels: number): number {
    const { prepended } = this;
    this.prepended = false;
    // New rows above are meant to make the list longer.
    if (prepended || this.first === 0) return pixels;
    const taken = Math.min(pixels, this.above);
    this.above -= taken;
    return pixels - taken;
  }

  /** Where a row is, or would be, seen from the start of the list. */
  offsetOf(index: number): number {
    return index < this.first
      ? Math.max(0, this.above - this.sum(index, this.first))
      : this.above + this.sum(this.first, index);
  }

  private move(first: number, last: number): void {
    while (this.first < first) this.above += this.heightOf(this.first++);
    while (this.first > first) this.above -= this.heightOf(--this.first);
    while (this.last < last) this.below -= this.heightOf(this.last++);
    while (this.last > last) this.below += this.heightOf(--this.last);
    this.settle();
  }

  private settle(): void {
    const { rows, first, last } = this;
    this.count = rows.count;
    if (first < last) this.edges = { first: rows.orderAt(first), last: rows.orderAt(last - 1) };
    this.above = this.first === 0 ? 0 : Math.max(0, this.above);
    this.below = this.last === this.rows.count ? 0 : Math.max(0, this.below);
  }

  private heightOf(index: number): number {
    return this.heights.get(this.rows.keyAt(index)) ?? estimate;
  }

  /** The height of the rows from one index up to another; negative when that one is before it. */
  private sum(from: number, to: number): number {
    if (to < from) return -this.sum(to, from);
    let height = 0;
    for (let i = from; i < to; i++) height += this.heightOf(i);
    return height;
  }
}

// A row that has no order yet, since it is not stored, gets its order where it stands.
function indexIn(rows: Rows, order: number, index: number): number {
  return Number.isFinite(order) ? Math.min(rows.indexOf(order), rows.count) : Math.min(index, rows.count);
}

// What is shown above and below the viewport, so that quick scrolling finds it there.
function overscan(viewport: number): number {
  return Math.max(600, viewport);
}
