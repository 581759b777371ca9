import { backoff, sleep } from "./backoff";
import type { RoomLog } from "./log";
import type { Page } from "./protocol";

interface Options {
  log: RoomLog;
  /** Asks for what is after a position. Rejects when it may work later; undefined: never again. */
  fetch(after: number): Promise<Page | undefined>;
  /** Called after each page. */
  changed(): void;
  /** Whether to go on; without a connection there is no point. */
  online(): boolean;
  wait?(ms: number): Promise<void>;
}

/**
 * Fetches what is missing in a room's log, until nothing is. Called while it is at
 * work, it looks once more afterwards, so no gap is left behind.
 */
export class CatchUp {
  private running: Promise<void> | undefined;
  private again = false;

  constructor(private readonly options: Options) {}

  /** Fills the gaps that the log shows. */
  fill(): Promise<void> {
    if (!this.options.log.loaded || this.options.log.missingAfter === undefined)
      return this.running ?? Promise.resolve();
    return this.run(false);
  }

  /** Asks also when there is no gap to be seen: the head may have moved unheard. */
  refresh(): Promise<void> {
    return this.options.log.loaded ? this.run(true) : Promise.resolve();
  }

  private run(ask: boolean): Promise<void> {
    this.again ||= ask;
    this.running ??= Promise.resolve().then(() => this.work());
    return this.running;
  }

  private async work(): Promise<void> {
    const { log, fetch, changed, online, wait = sleep } = this.options;
    let idle = 0; // attempts in a row that brought nothing
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
          changed();
        }
        // A position that is being written now will be there in a moment.
        if (this.again || log.missingAfter === after) await wait(backoff(++idle, { first: 1000 }));
        else idle = 0;
      }
    } finally {
      this.again = false;
      this.running = undefined; // here, so that nobody waits for work that has ended
    }
  }
}
