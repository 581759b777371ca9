import { backoff, sleep } from "./backoff";
import type { Answer, Failure, Message } from "./protocol";

export interface Outgoing {
  roomId: string;
  text: string;
  tempId: string;
  /** The position of the message that it answers. */
  replyTo?: number;
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
  /** Where unsent messages survive a reload of the page. */
  storage?: Pick<Storage, "getItem" | "setItem">;
  key?: string;
  wait?(ms: number): Promise<void>;
}

// Codes of errors that may pass. Every other error is final.
const temporary = new Set(["unavailable", "rate_limited", "internal"]);
const noAnswer: Failure = { code: "no_answer", message: "The server did not answer.", temporary: true };
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

  constructor(private readonly options: Options) {
    for (const outgoing of restore(options.storage?.getItem(this.key))) this.entries.set(outgoing.tempId, outgoing);
  }

  private get key(): string {
    return this.options.key ?? "outbox";
  }

  /** The messages that are not sent yet, in the order of writing. */
  get unsent(): Outgoing[] {
    return [...this.entries.values()];
  }

  add(outgoing: Outgoing): void {
    this.entries.set(outgoing.tempId, outgoing);
    this.save();
    void this.run(outgoing.roomId);
  }

  /** Sends a message again that was given up. */
  retry(tempId: string): void {
    const outgoing = this.entries.get(tempId);
    if (!outgoing?.failed) return;
    delete outgoing.failed;
    this.save();
    void this.run(outgoing.roomId);
  }

  /** Removes a message that was discarded or is known to be stored. */
  remove(tempId: string): void {
    if (this.entries.delete(tempId)) this.save();
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

  private save(): void {
    if (!this.closed) this.options.storage?.setItem(this.key, JSON.stringify(this.unsent));
  }

  private async run(roomId: string): Promise<void> {
    if (this.running.has(roomId)) return;
    this.running.add(roomId);
    for (;;) {
      const next = this.unsent.find((o) => o.roomId === roomId && !o.failed);
      if (this.closed || !next) break;
      await this.deliver(next);
    }
    this.running.delete(roomId);
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
      const { code, message, temporary: mayPass } = answer?.error ?? noAnswer;
      if (attempt >= maxAttempts || (!mayPass && !temporary.has(code))) return this.giveUp(outgoing, message);
      await wait(backoff(attempt, { limit: 5000 }));
    }
  }

  private giveUp(outgoing: Outgoing, reason: string): void {
    outgoing.failed = reason;
    this.save();
    this.options.onFailed(outgoing, reason);
  }
}

function restore(saved: string | null | undefined): Outgoing[] {
  try {
    const list: unknown = JSON.parse(saved ?? "[]");
    return Array.isArray(list)
      ? list.filter((o) => typeof o?.tempId === "string" && typeof o.roomId === "string" && typeof o.text === "string")
      : [];
  } catch {
    return []; // the page must start all the same
  }
}
