/** What is open over the room, each with an entry of the browser's history, so that Back closes it. */
export class Layers {
  private readonly closers: (() => void)[] = [];
  private closed = 0; // entries that are to be left
  private travels = 0; // own steps back that the browser has not made yet
  private next: (() => void) | undefined;
  /** What has opened during a step back. It gets its entry after the step, which would else leave that one. */
  private waiting: { closer: () => void; address: string }[] = [];

  constructor(private readonly history: Pick<History, "state" | "pushState" | "go">) {}

  open(close: () => void, address: string): () => void {
    const closer = () => close();
    this.closers.push(closer);
    if (this.closed > 0)
      this.closed--; // what opens as another closes takes its entry
    else if (this.travelling) this.waiting.push({ closer, address });
    else this.addEntry(address);
    return () => {
      const at = this.closers.indexOf(closer);
      if (at < 0) return; // Back has closed it, or a room was opened instead
      this.closers.splice(at, 1);
      const early = this.waiting.findIndex((w) => w.closer === closer);
      if (early >= 0) {
        this.waiting.splice(early, 1);
        return; // it has no entry yet
      }
      // Later, because a room may be opened next, or more may close at once.
      if (this.closed++ === 0) setTimeout(() => this.travel());
    };
  }

  private addEntry(address: string): void {
    this.history.pushState({ ...this.history.state, layer: true }, "", address);
  }

  private travel(): void {
    if (this.closed === 0) return;
    this.travels++;
    this.history.go(-this.closed);
    this.closed = 0;
  }

  /** Whether the browser is about to make a step back. Until then, nothing can be added to its history. */
  get travelling(): boolean {
    return this.travels > 0;
  }

  /** Does something after the step. What came before it is not done any more. */
  afterTravel(next: () => void): void {
    this.next = next;
  }

  /** Leaves all entries as they are, and reports whether the last one is there to be replaced. */
  abandon(): boolean {
    const open = this.closers.length > 0 || this.closed > 0;
    this.closers.length = 0;
    this.closed = 0;
    return open;
  }

  /** Handles a step that the browser has made, and reports whether it was an own one, or has closed something. */
  popped(onOwn: () => void): "own" | "closed" | "other" {
    if (this.travels > 0) {
      this.travels--;
      onOwn();
      if (!this.travelling) for (const { address } of this.waiting.splice(0)) this.addEntry(address);
      const { next } = this;
      this.next = undefined;
      next?.();
      return "own";
    }
    const close = this.closers.pop();
    close?.();
    return close ? "closed" : "other";
  }
}
