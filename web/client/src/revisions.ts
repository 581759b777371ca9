import { sleep } from "./backoff.js";
import type { RoomLog } from "./log.js";
import type { ResponseOf } from "./protocol.js";

interface Options {
  log: RoomLog;
  /** Fetches the changes after a revision; null when the room is gone or the connection is lost. */
  fetch(after: number): Promise<ResponseOf<"changes"> | null>;
  /** Called after each answer. */
  onChange(): void;
  wait?(ms: number): Promise<void>;
}

// A revision may be a little late behind a later one. This is shorter than anybody notices.
const patience = 500;

/** Fetches the changes of a room's messages that the log has missed. */
export class Revisions {
  private running: Promise<void> | undefined;

  constructor(private readonly options: Options) {}

  /** Fetches what is missing, unless it comes in a moment. */
  async fill(): Promise<void> {
    const { log, wait = sleep } = this.options;
    if (!log.missesChanges) return;
    await wait(patience);
    if (log.missesChanges) await this.run();
  }

  private run(): Promise<void> {
    this.running ??= this.work().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  private async work(): Promise<void> {
    const { log, fetch, onChange } = this.options;
    for (let more = true; more; ) {
      const answer = await fetch(log.revision);
      if (!answer) return;
      log.addChanges(answer.messages, answer.rev);
      onChange();
      more = answer.more;
    }
  }
}
