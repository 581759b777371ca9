import type { Attachment, Message, Page } from "./protocol.js";
import { lowerBound } from "./sorted.js";

/** A message of the user that the server has not acknowledged yet. */
export interface UnsentMessage {
  tempId: string;
  text: string;
  /** The position of the message that it answers. */
  replyTo?: number;
  /** Its files. */
  attachments?: Attachment[];
  /** The ids of those whom it mentions. */
  mentions?: string[];
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
  private readonly drafts = new Map<string, UnsentMessage>();
  private low = Infinity;
  private high = 0;
  private solid = 0; // everything from low to here is known
  private sorted: Message[] | undefined;
  private revised = 0; // every revision up to here is in the messages
  private announced = 0; // the last revision that the server has mentioned
  private readonly revisions = new Set<number>(); // those that came after a gap

  constructor(private readonly me: string) {}

  /** Adds a message, or a later state of it, and removes the draft that it was. */
  add(message: Message): void {
    this.mark(message.seq);
    if (message.tempId !== undefined && message.sender.id === this.me) {
      this.stored.add(message.tempId);
      this.drafts.delete(message.tempId);
    }
    const known = this.messages.get(message.seq);
    if (known && (known.rev ?? 0) >= (message.rev ?? 0)) return;
    this.messages.set(message.seq, message);
    this.insert(message);
  }

  // Most messages come last, so that this costs nothing, however many there are.
  private insert(message: Message): void {
    if (!this.sorted || message.seq < this.low) return;
    const at = lowerBound(this.sorted, message.seq, seqOf);
    this.sorted.splice(at, this.sorted[at]?.seq === message.seq ? 1 : 0, message);
  }

  /** Adds a page of history. */
  addPage(page: Page): void {
    const pending = new Set(page.pending);
    for (const message of page.messages) this.add(message);
    for (let seq = page.from; seq <= page.to; seq++) if (!pending.has(seq)) this.mark(seq);
    this.high = Math.max(this.high, page.head);
    // Only the first page has every message that is here, as it is at its revision.
    this.announced = Math.max(this.announced, page.rev ?? 0);
    if (!this.loaded) this.reviseUpTo(this.announced);
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

  /** Adds the state that a revision gave a message. */
  addRevision(message: Message, rev: number): void {
    this.add(message);
    if (rev > this.revised) this.revisions.add(rev);
    this.announced = Math.max(this.announced, rev);
    this.reviseUpTo(this.revised);
  }

  /** Adds what the server says has changed since `revision`, up to another revision. */
  addChanges(messages: readonly Message[], rev: number): void {
    for (const message of messages) this.add(message);
    this.reviseUpTo(rev);
  }

  private reviseUpTo(rev: number): void {
    this.revised = Math.max(this.revised, rev);
    while (this.revisions.delete(this.revised + 1)) this.revised++;
    for (const late of this.revisions) if (late <= this.revised) this.revisions.delete(late);
  }

  /** The revision up to which no change is missing. */
  get revision(): number {
    return this.revised;
  }

  /** Whether the server has mentioned a later revision. */
  get missesChanges(): boolean {
    return this.loaded && this.announced > this.revised;
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
  addDraft(draft: UnsentMessage): void {
    if (!this.stored.has(draft.tempId)) this.drafts.set(draft.tempId, draft);
  }

  failDraft(tempId: string, reason: string): void {
    const draft = this.drafts.get(tempId);
    if (draft) this.drafts.set(tempId, { ...draft, failed: reason });
  }

  removeDraft(tempId: string): void {
    this.drafts.delete(tempId);
  }

  /** The message at a position, if it is here. */
  get(seq: number): Message | undefined {
    return this.messages.get(seq);
  }

  /** Messages in order, from the oldest that was fetched. The list changes with the log. */
  list(): readonly Message[] {
    this.sorted ??= [...this.messages.values()].filter((m) => m.seq >= this.low).sort((a, b) => a.seq - b.seq);
    return this.sorted;
  }

  /** The index in the list of a position, or of the first one after it. */
  indexOf(seq: number): number {
    return lowerBound(this.list(), seq, seqOf);
  }

  listDrafts(): UnsentMessage[] {
    return [...this.drafts.values()].sort((a, b) => a.at - b.at);
  }
}

function seqOf(message: Message): number {
  return message.seq;
}
