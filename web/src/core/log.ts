import type { Message, Page } from "./protocol";

/** A message of the user that the server has not acknowledged yet. */
export interface Draft {
  tempId: string;
  text: string;
  at: number;
  /** Why sending was given up. */
  failed?: string;
}

/**
 * A room's log as one device knows it: messages by position, followed by the user's own
 * drafts. Messages may be added twice, late or out of order: the log is the same.
 *
 * A position is known when its message is there, or when the server has said that it
 * will never have one.
 */
export class RoomLog {
  private readonly messages = new Map<number, Message>();
  private readonly known = new Set<number>();
  private readonly stored = new Set<string>(); // tempIds of the user's own messages
  private readonly drafts = new Map<string, Draft>();
  private low = Infinity;
  private high = 0;
  private solid = 0; // everything from low to here is known
  private sorted: Message[] | undefined;

  constructor(private readonly me: string) {}

  /** Adds a message and removes the draft that it was. */
  add(message: Message): void {
    this.mark(message.seq);
    if (message.tempId !== undefined && message.sender.id === this.me) {
      this.stored.add(message.tempId);
      this.drafts.delete(message.tempId);
    }
    if (this.messages.has(message.seq)) return;
    this.messages.set(message.seq, message);
    this.sorted = undefined;
  }

  /** Adds a page of history. */
  addPage(page: Page): void {
    const pending = new Set(page.pending);
    for (const message of page.messages) this.add(message);
    for (let seq = page.from; seq <= page.to; seq++) if (!pending.has(seq)) this.mark(seq);
    this.high = Math.max(this.high, page.head);
    const low = page.from <= page.to ? page.from : page.head + 1;
    if (low >= this.low) return;
    this.low = low;
    this.solid = low - 1;
    this.sorted = undefined;
  }

  private mark(seq: number): void {
    this.known.add(seq);
    this.high = Math.max(this.high, seq);
  }

  /** Whether a page was added. Before that, only live messages are there. */
  get loaded(): boolean {
    return this.low !== Infinity;
  }

  /** The last position that the server has mentioned. */
  get head(): number {
    return this.high;
  }

  /** The lowest position that was fetched. Older messages are before it. */
  get oldest(): number {
    return this.low;
  }

  /** The position up to which nothing is missing, counted from the oldest. */
  get complete(): number {
    if (!this.loaded) return this.high;
    while (this.solid < this.high && this.known.has(this.solid + 1)) this.solid++;
    return this.solid;
  }

  /**
   * The position before the first gap, which is what to ask the server with; undefined
   * when there is no gap.
   */
  get missingAfter(): number | undefined {
    const complete = this.complete;
    return complete < this.high ? complete : undefined;
  }

  /** Adds a message that is being sent, unless it is stored already. */
  addDraft(draft: Draft): void {
    if (!this.stored.has(draft.tempId)) this.drafts.set(draft.tempId, draft);
  }

  failDraft(tempId: string, reason: string): void {
    const draft = this.drafts.get(tempId);
    if (draft) this.drafts.set(tempId, { ...draft, failed: reason });
  }

  removeDraft(tempId: string): void {
    this.drafts.delete(tempId);
  }

  /** Messages in order, from the oldest that was fetched. */
  list(): readonly Message[] {
    this.sorted ??= [...this.messages.values()].filter((m) => m.seq >= this.low).sort((a, b) => a.seq - b.seq);
    return this.sorted;
  }

  listDrafts(): Draft[] {
    return [...this.drafts.values()].sort((a, b) => a.at - b.at);
  }
}
