import { backoff, sleep } from "./backoff";
import type { Answer, Failure, Message } from "./protocol";

export interface Outgoing {
  roomId: string;
  text: string;
  tempId: string;
  at: number;
  /** Why it was given up; it stays until somebody retries or discards it. */
  failed?: string;
}

interface Options {
  /** Sends once; rejects when no answer came. */
  send(outgoing: Outgoing): Promise<Answer<{ message: Message }>>;
  sent(message: Message): void;
  failed(outgoing: Outgoing, reason: string): void;
  /** Where unsent messages survive a reload of the page. */
  storage?: Pick<Storage, "getItem" | "setItem">;
  key?: string;
  wait?(ms: number): Promise<void>;
}

// Errors that may pass; every other answer is final.
const temporary = new Set(["unavailable", "rate_limited", "internal"]);
const silence: Failure = { code: "silence", message: "No answer.", temporary: true };
const maxAttempts = 8;

/**
 * Sends messages in the order in which they were written, one at a time for each
 * room, and again with the same tempId as long as no answer comes: the server stores
 * each only once.
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

  /** What is not sent yet, in the order of writing. */
  get unsent(): Outgoing[] {
    return [...this.entries.values()];
  }

  add(outgoing: Outgoing): void {
    this.entries.set(outgoing.tempId, outgoing);
    this.save();
    void this.run(outgoing.roomId);
  }

  /** Tries again what was given up. */
  retry(tempId: string): void {
    const outgoing = this.entries.get(tempId);
    if (!outgoing?.failed) return;
    delete outgoing.failed;
    this.save();
    void this.run(outgoing.roomId);
  }

  /** Forgets a message: it was discarded, or is known to be stored. */
  remove(tempId: string): void {
    if (this.entries.delete(tempId)) this.save();
  }

  /** Tells whether there is a connection; without one, nothing is tried. */
  setOnline(online: boolean): void {
    this.online = online;
    if (!online) return;
    this.wake();
    for (const { roomId } of this.unsent) void this.run(roomId);
  }

  /** Ends it: nothing is sent any more. */
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
    for (let next; !this.closed && (next = this.unsent.find((o) => o.roomId === roomId && !o.failed)); ) {
      await this.deliver(next);
    }
    this.running.delete(roomId);
  }

  private async deliver(outgoing: Outgoing): Promise<void> {
    const { send, sent, wait = sleep } = this.options;
    const current = () => !this.closed && this.entries.get(outgoing.tempId) === outgoing;
    for (let attempt = 1; ; attempt++) {
      while (!this.online && current()) await new Promise<void>((resolve) => this.waiting.push(resolve));
      if (!current()) return;
      const answer = await send(outgoing).catch(() => undefined);
      if (!current()) return;
      if (answer?.ok) {
        this.remove(outgoing.tempId);
        return sent(answer.message);
      }
      if (!answer && !this.online) {
        attempt--; // the line broke, which is nobody's failure
        continue;
      }
      const { code, message, temporary: passing } = answer?.error ?? silence;
      if (attempt >= maxAttempts || (!passing && !temporary.has(code))) return this.giveUp(outgoing, message);
      await wait(backoff(attempt, { limit: 5000 }));
    }
  }

  private giveUp(outgoing: Outgoing, reason: string): void {
    outgoing.failed = reason;
    this.save();
    this.options.failed(outgoing, reason);
  }
}

function restore(saved: string | null | undefined): Outgoing[] {
  try {
    const list: unknown = JSON.parse(saved ?? "[]");
    return Array.isArray(list)
      ? list.filter((o) => typeof o?.tempId === "string" && typeof o.roomId === "string" && typeof o.text === "string")
      : [];
  } catch {
    return []; // not worth a page that does not start
  }
}
