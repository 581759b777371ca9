import { backoff, sleep } from "./backoff.js";
import type { Answer, Attachment, Data, Failure, Message } from "./protocol.js";
import type { Typed } from "./typed.js";

export interface Outgoing {
  /** The id of its log. */
  roomId: string;
  text: string;
  /** What the application keeps with it. */
  data?: Data;
  tempId: string;
  /** What the log had when it was written, if that was known: the server tells a repetition by it. */
  after?: number;
  /** The position of the message that it answers. */
  replyTo?: number;
  /** Its files, which are uploaded already. */
  attachments?: Attachment[];
  /** The ids of those whom it mentions. */
  mentions?: string[];
  at: number;
  /** Why sending was given up. The message stays until the user retries or discards it. */
  failed?: string;
}

interface Options {
  /** Sends once. Rejects when no answer comes. */
  send(outgoing: Outgoing): Promise<Answer<"sendMessage">>;
  /** Called when the server has stored a message. */
  onSent(message: Message): void;
  /** Called when sending is given up. */
  onFailed(outgoing: Outgoing, reason: string): void;
  /** Where unsent messages outlive the page. */
  typed?: Pick<Typed, "keep" | "forget">;
  wait?(ms: number): Promise<void>;
}

// Codes of errors that may pass. Every other error is final.
const temporary = new Set(["unavailable", "rate_limited", "internal"]);
const noAnswer: Failure<string> = { code: "no_answer", message: "The server did not answer.", temporary: true };
const maxAttempts = 8;

/**
 * Sends messages in the order in which they were written, one at a time for each room.
 * While no answer comes, it sends again with the same tempId: the server stores each
 * message only once.
 */
export class Outbox {
  private readonly entries = new Map<string, Outgoing>();
  private readonly running = new Set<string>();
  private readonly waiting: (() => void)[] = [];
  private online = false;
  private closed = false;

  constructor(private readonly options: Options) {}

  /** The messages that are not sent yet, in the order of writing. */
  get unsent(): Outgoing[] {
    return [...this.entries.values()].sort((a, b) => a.at - b.at);
  }

  add(outgoing: Outgoing): void {
    this.entries.set(outgoing.tempId, outgoing);
    this.keep(outgoing);
    void this.run(outgoing.roomId);
  }

  /** Takes over a message that is kept already. */
  adopt(outgoing: Outgoing): void {
    this.entries.set(outgoing.tempId, outgoing);
    void this.run(outgoing.roomId);
  }

  /** Sends a message again that was given up, with mentions of only those whom it still may mention. */
  retry(tempId: string, mayMention: (id: string) => boolean = () => true): void {
    const outgoing = this.entries.get(tempId);
    if (!outgoing?.failed) return;
    delete outgoing.failed;
    if (outgoing.mentions) outgoing.mentions = outgoing.mentions.filter(mayMention);
    this.keep(outgoing);
    void this.run(outgoing.roomId);
  }

  /** Removes a message that was discarded or is known to be stored. */
  remove(tempId: string): void {
    if (this.entries.delete(tempId) && !this.closed) this.options.typed?.forget(tempId);
  }

  /** Sets whether there is a connection. Without one, nothing is sent. */
  setOnline(online: boolean): void {
    this.online = online;
    if (!online) return;
    this.wake();
    for (const { roomId } of this.unsent) void this.run(roomId);
  }

  /** Stops sending for good. */
  close(): void {
    this.closed = true;
    this.wake();
  }

  private wake(): void {
    for (const wake of this.waiting.splice(0)) wake();
  }

  private keep(outgoing: Outgoing): void {
    if (!this.closed) this.options.typed?.keep(outgoing);
  }

  private async run(roomId: string): Promise<void> {
    if (this.running.has(roomId)) return;
    this.running.add(roomId);
    while (this.nextIn(roomId)) {
      await this.connected(); // meanwhile an earlier message may have been taken over
      const next = this.nextIn(roomId);
      if (next) await this.deliver(next);
    }
    this.running.delete(roomId);
  }

  private nextIn(roomId: string): Outgoing | undefined {
    return this.closed ? undefined : this.unsent.find((o) => o.roomId === roomId && !o.failed);
  }

  private async connected(): Promise<void> {
    while (!this.online && !this.closed) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  private async deliver(outgoing: Outgoing): Promise<void> {
    const { send, onSent, wait = sleep } = this.options;
    const current = () => !this.closed && this.entries.get(outgoing.tempId) === outgoing;
    for (let attempt = 1; ; attempt++) {
      while (!this.online && current()) await new Promise<void>((resolve) => this.waiting.push(resolve));
      if (!current()) return;
      const answer = await send(outgoing).catch(() => undefined);
      if (!current()) return;
      if (answer?.ok) {
        this.remove(outgoing.tempId);
        return onSent(answer.message);
      }
      if (!answer && !this.online) {
        attempt--; // a lost connection does not count as an attempt
        continue;
      }
      const { code, message, temporary: mayPass }: Failure<string> = answer?.error ?? noAnswer;
      if (code === "too_late") delete outgoing.after; // whoever sends it again has looked whether it is there
      if (attempt >= maxAttempts || (!mayPass && !temporary.has(code))) return this.giveUp(outgoing, message);
      await wait(backoff(attempt, { limit: 5000 }));
    }
  }

  private giveUp(outgoing: Outgoing, reason: string): void {
    outgoing.failed = reason;
    this.keep(outgoing);
    this.options.onFailed(outgoing, reason);
  }
}
