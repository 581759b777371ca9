// What the server offers beside messages: which files it takes, and whether it shows what links lead to.
import { type SignInOptions, signInOptions } from "@confab/chat";

export class Offers {
  private asked: Promise<SignInOptions> | undefined;

  /** Asks the server once. Rejects if it cannot tell: then the next one asks again. */
  load(): Promise<SignInOptions> {
    this.asked ??= signInOptions().catch((error) => {
      this.asked = undefined;
      throw error;
    });
    return this.asked;
  }
}
