import { backoff, sleep } from "./backoff.js";
import type { RoomLog } from "./log.js";
import type { Page } from "./protocol.js";

interface Options {
  log: RoomLog;
  /** Fetches the page after a position. Rejects when a later attempt may work; resolves to undefined when none will. */
  fetch(after: number): Promise<Page | undefined>;
  /** Called after each page. */
  onChange(): void;
  /** Reports whether there is a connection. Without one, catching up stops. */
  online(): boolean;
  wait?(ms: number): Promise<void>;
}

/**
 * Fetches what is missing in a room's log until the log is complete. A call while it is
 * running makes it look once more, so that no gap is left.
 */
export class CatchUp {
  private running: Promise<void> | undefined;
  private again = false;

  constructor(private readonly options: Options) {}

  /** Fills the gaps in the log. */
  fill(): Promise<void> {
    if (!this.options.log.loaded || this.options.log.missingAfter === undefined)
      return this.running ?? Promise.resolve();
    return this.run(false);
  }

  /** Asks the server even if the log has no gap: newer messages may have been missed. */
  refresh(): Promise<void> {
    return this.options.log.loaded ? this.run(true) : Promise.resolve();
  }

  private run(ask: boolean): Promise<void> {
    this.again ||= ask;
    this.running ??= Promise.resolve().then(() => this.work());
    return this.running;
  }

  private async work(): Promise<void> {
    const { log, fetch, onChange, online, wait = sleep } = this.options;
    let idle = 0; // attempts in a row without progress
    try {
      for (;;) {
        const after = this.again ? log.complete : log.missingAfter;
        if (after === undefined || !online()) return;
        this.again = false;
        const page = await fetch(after).catch(() => null);
        if (page === undefined) return;
        if (page === null) {
          this.again = true;
        } else {
          log.addPage(page);
          onChange();
        }
        // A pending position is filled within a moment.
        if (this.again || log.missingAfter === after) await wait(backoff(++idle, { first: 1000 }));
        else idle = 0;
      }
    } finally {
      this.again = false;
      this.running = undefined; // before the promise settles, so that no caller waits for a run that has ended
    }
  }
}
