// Renews tokens in time, and tries again while that can help.
import { backoff } from "./backoff";
import { Refused, type Tokens } from "./oidc";

interface Issued {
  refreshToken?: string;
  expiresAt: number;
}

export interface RenewalOptions {
  renew(refreshToken: string): Promise<Tokens>;
  /** There are newer tokens. */
  renewed(tokens: Tokens): void;
  /** There will be none, and the old one has ended. */
  ended(): void;
  now?: () => number;
}

/** What came of an attempt: newer tokens, none yet, or none ever. */
export type Outcome = "renewed" | "later" | "never";

/** A token is renewed when this much of its life is left, or a fifth of it if that is less. */
const ahead = 5 * 60_000;
/** Longer timers fire at once. */
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
    this.plan();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** Renews now. */
  now(): Promise<Outcome> {
    this.running ??= this.renew().finally(() => (this.running = null));
    return this.running;
  }

  private get left(): number {
    return this.issued.expiresAt - (this.options.now ?? Date.now)();
  }

  private plan(): void {
    const due = this.issued.refreshToken ? this.left - Math.min(ahead, this.left / 5) : this.left;
    this.wait(due, () => (this.issued.refreshToken ? void this.now() : this.options.ended()));
  }

  private wait(ms: number, then: () => void): void {
    clearTimeout(this.timer);
    if (this.stopped) return;
    if (ms > longestTimer) this.timer = setTimeout(() => this.wait(ms - longestTimer, then), longestTimer);
    else this.timer = setTimeout(then, Math.max(ms, 0));
  }

  private async renew(): Promise<Outcome> {
    const { refreshToken } = this.issued;
    if (!refreshToken) return "never";
    clearTimeout(this.timer);
    try {
      const tokens = await this.options.renew(refreshToken);
      if (this.stopped) return "never";
      this.issued = tokens;
      this.attempts = 0;
      this.options.renewed(tokens);
      this.plan();
      return "renewed";
    } catch (error) {
      if (this.stopped) return "never";
      if (error instanceof Refused) {
        // The token of now is good until its end.
        this.issued = { expiresAt: this.issued.expiresAt };
        this.plan();
        return "never";
      }
      // The line to the issuer may come back, even after the token's end.
      this.wait(backoff(++this.attempts, { first: 1000, limit: 30_000 }), () => void this.now());
      return "later";
    }
  }
}
