import type { Message, Page } from "./types";

/** A message of one's own that the server has not acknowledged yet. */
export interface Draft {
  tempId: string;
  text: string;
  at: number;
  failed?: string;
}

/**
 * A room's log as one device knows it: messages by their positions, and one's own
 * drafts behind them. What comes twice, late or out of order ends in the same log.
 *
 * A position is known when a message is there, or when the server has said that none
 * will ever be.
 */
export class RoomLog {
  private readonly messages = new Map<number, Message>();
  private readonly known = new Set<number>();
  private readonly drafts = new Map<string, Draft>();
  private low = Infinity;
  private high = 0;

  constructor(private readonly me: string) {}

  /** Adds a message from anywhere; the draft that it was is gone. */
  add(message: Message): void {
    this.messages.set(message.seq, message);
    this.mark(message.seq);
    if (message.tempId !== undefined && message.sender.id === this.me) this.drafts.delete(message.tempId);
  }

  /** Adds a page of history. */
  addPage(page: Page): void {
    const pending = new Set(page.pending);
    for (const message of page.messages) this.add(message);
    for (let seq = page.from; seq <= page.to; seq++) if (!pending.has(seq)) this.mark(seq);
    this.high = Math.max(this.high, page.head);
    if (page.from <= page.to) this.low = Math.min(this.low, page.from);
    else this.low = Math.min(this.low, page.head + 1);
  }

  private mark(seq: number): void {
    this.known.add(seq);
    this.high = Math.max(this.high, seq);
  }

  /** The last position heard of. */
  get head(): number {
    return this.high;
  }

  /** The lowest position that was asked for; older messages are before it. */
  get oldest(): number {
    return this.low;
  }

  /**
   * The position after which to ask the server, because the next one is missing; or
   * undefined when nothing is.
   */
  get missingAfter(): number | undefined {
    if (this.low === Infinity) return undefined;
    for (let seq = this.low; seq <= this.high; seq++) if (!this.known.has(seq)) return seq - 1;
    return undefined;
  }

  /** The position up to which nothing is missing. */
  get complete(): number {
    return this.missingAfter ?? this.high;
  }

  addDraft(draft: Draft): void {
    this.drafts.set(draft.tempId, draft);
  }

  failDraft(tempId: string, reason: string): void {
    const draft = this.drafts.get(tempId);
    if (draft) this.drafts.set(tempId, { ...draft, failed: reason });
  }

  removeDraft(tempId: string): void {
    this.drafts.delete(tempId);
  }

  /** Messages in order, from the oldest that was asked for. */
  list(): Message[] {
    return [...this.messages.values()].filter((m) => m.seq >= this.low).sort((a, b) => a.seq - b.seq);
  }

  listDrafts(): Draft[] {
    return [...this.drafts.values()].sort((a, b) => a.at - b.at);
  }

  get last(): Message | undefined {
    return this.messages.get(Math.max(0, ...this.messages.keys()));
  }
}
