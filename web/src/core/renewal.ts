// Renews tokens before they end, and tries again while that can help.
import { backoff } from "@confab/chat";
import { Refused, type Tokens } from "./oidc";

interface Issued {
  refreshToken?: string;
  expiresAt: number;
}

export interface RenewalOptions {
  renew(refreshToken: string): Promise<Tokens>;
  /** Called with each new set of tokens. */
  onRenewed(tokens: Tokens): void;
  /** Called when the token has ended and no other will come. */
  onEnded(): void;
  now?: () => number;
}

/** The result of an attempt: new tokens, none yet, or none ever again. */
export type Outcome = "renewed" | "later" | "never";

/** A token is renewed when this much of its life is left, or a fifth of it if that is less. */
const leadTime = 5 * 60_000;
/** setTimeout fires at once for longer delays. */
const longestTimer = 2 ** 31 - 1;

export class Renewal {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: Promise<Outcome> | null = null;
  private attempts = 0;
  private stopped = false;

  constructor(
    private issued: Issued,
    private readonly options: RenewalOptions,
  ) {
    this.schedule();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** What to renew with, when an attempt that is under way has ended. Call stop first, and no more will come. */
  async lastRefreshToken(): Promise<string | undefined> {
    await this.running;
    return this.issued.refreshToken;
  }

  /** Renews at once. Callers at the same time share one attempt. */
  now(): Promise<Outcome> {
    this.running ??= this.renew().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  private get timeLeft(): number {
    return this.issued.expiresAt - (this.options.now ?? Date.now)();
  }

  private schedule(): void {
    const { refreshToken } = this.issued;
    const delay = refreshToken ? this.timeLeft - Math.min(leadTime, this.timeLeft / 5) : this.timeLeft;
    this.runAfter(delay, () => (refreshToken ? void this.now() : this.options.onEnded()));
  }

  private runAfter(ms: number, then: () => void): void {
    clearTimeout(this.timer);
    if (this.stopped) return;
    if (ms > longestTimer) this.timer = setTimeout(() => this.runAfter(ms - longestTimer, then), longestTimer);
    else this.timer = setTimeout(then, Math.max(ms, 0));
  }

  private async renew(): Promise<Outcome> {
    const { refreshToken } = this.issued;
    if (!refreshToken) return "never";
    clearTimeout(this.timer);
    try {
      const tokens = await this.options.renew(refreshToken);
      this.issued = tokens;
      if (this.stopped) return "never";
      this.attempts = 0;
      this.options.onRenewed(tokens);
      this.schedule();
      return "renewed";
    } catch (error) {
      if (this.stopped) return "never";
      if (error instanceof Refused) {
        // The current token stays good until it ends.
        this.issued = { expiresAt: this.issued.expiresAt };
        this.schedule();
        return "never";
      }
      // The provider may become reachable again, even after the token has ended.
      this.runAfter(backoff(++this.attempts, { first: 1000, limit: 30_000 }), () => void this.now());
      return "later";
    }
  }
}
