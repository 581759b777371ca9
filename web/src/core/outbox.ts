import type { Answer, Message } from "./types";

export interface Outgoing {
  roomId: string;
  text: string;
  tempId: string;
  at: number;
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
const maxAttempts = 8;

/**
 * Sends messages in the order in which they were written, one at a time for each
 * room, and again with the same tempId as long as no answer comes: the server stores
 * each only once.
 */
export class Outbox {
  private queues = new Map<string, Outgoing[]>();
  private running = new Set<string>();
  private online = false;
  private wake: (() => void)[] = [];

  constructor(private readonly options: Options) {
    const saved = options.storage?.getItem(options.key ?? "outbox");
    for (const outgoing of saved ? (JSON.parse(saved) as Outgoing[]) : []) this.queue(outgoing.roomId).push(outgoing);
  }

  /** What is not sent yet. */
  get unsent(): Outgoing[] {
    return [...this.queues.values()].flat();
  }

  add(outgoing: Outgoing): void {
    this.queue(outgoing.roomId).push(outgoing);
    this.save();
    void this.run(outgoing.roomId);
  }

  /** Tells whether there is a connection; without one, nothing is tried. */
  setOnline(online: boolean): void {
    this.online = online;
    if (!online) return;
    for (const wake of this.wake.splice(0)) wake();
    for (const roomId of this.queues.keys()) void this.run(roomId);
  }

  private queue(roomId: string): Outgoing[] {
    let queue = this.queues.get(roomId);
    if (!queue) this.queues.set(roomId, (queue = []));
    return queue;
  }

  private save(): void {
    this.options.storage?.setItem(this.options.key ?? "outbox", JSON.stringify(this.unsent));
  }

  private async run(roomId: string): Promise<void> {
    if (this.running.has(roomId)) return;
    this.running.add(roomId);
    const queue = this.queue(roomId);
    while (queue[0]) {
      await this.deliver(queue[0]);
      queue.shift();
      this.save();
    }
    this.running.delete(roomId);
  }

  private async deliver(outgoing: Outgoing): Promise<void> {
    const wait = this.options.wait ?? ((ms) => new Promise<void>((resolve) => setTimeout(resolve, ms)));
    for (let attempt = 1; ; attempt++) {
      if (!this.online) await new Promise<void>((resolve) => this.wake.push(resolve));
      let reason = "No answer.";
      try {
        const answer = await this.options.send(outgoing);
        if (answer.ok) return this.options.sent(answer.message);
        reason = answer.error.message;
        if (!temporary.has(answer.error.code)) return this.options.failed(outgoing, reason);
      } catch {
        if (!this.online) attempt--; // the line broke, which is nobody's failure
      }
      if (attempt >= maxAttempts) return this.options.failed(outgoing, reason);
      await wait(Math.min(200 * 2 ** attempt, 5000));
    }
  }
}
