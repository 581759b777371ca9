// The identity provider as the page uses it: going there, coming back, signing out.
import type { SignInMethods } from "@confab/chat";
import { signal } from "@preact/signals";
import {
  beginSignIn,
  type Client,
  finishSignIn,
  isSignInAnswer,
  renew,
  requireNewSignIn,
  revoke,
  signOutAddress,
  type Tokens,
} from "../core/oidc";
import { type BrowserStorage, fetchSignInMethods, type Session, sessionFromTokens } from "../core/session";

export class Issuer {
  /** How people may sign in; null until the server has told. */
  readonly methods = signal<SignInMethods | null>(null);
  /** Whether the address holds an answer of the identity provider that has not been used. */
  private answered: boolean;

  constructor(
    private readonly window: Pick<Window, "location" | "history">,
    private readonly storage: BrowserStorage,
  ) {
    this.answered = isSignInAnswer(window.location.search);
  }

  async loadMethods(): Promise<SignInMethods> {
    this.methods.value ??= await fetchSignInMethods();
    return this.methods.value;
  }

  private async client(): Promise<Client> {
    const { oidc } = await this.loadMethods();
    if (!oidc) throw new Error("Sign-in with an identity provider is turned off.");
    return { ...oidc, redirectUri: `${this.window.location.origin}/` };
  }

  /** Goes to the identity provider's page. */
  async goToSignIn(): Promise<void> {
    const { location } = this.window;
    location.assign(await beginSignIn(await this.client(), location.hash, this.storage.tab));
  }

  /**
   * Finishes a sign-in whose answer is in the address, and removes it from there. Resolves
   * to null when there is none.
   */
  async finishSignIn(): Promise<Session | null> {
    if (!this.answered) return null;
    this.answered = false; // an answer works once
    const { location, history } = this.window;
    const { search } = location;
    history.replaceState(null, "", location.pathname + location.hash);
    const { tokens, hash } = await finishSignIn(await this.client(), search, this.storage.tab);
    const session = await sessionFromTokens(tokens, fetch, () => this.requireNewSignIn());
    if (hash) location.replace(hash); // back to the room or the invitation from before
    return session;
  }

  /** Makes the provider ask who the user is when they sign in next: what it remembers does not count any more. */
  requireNewSignIn(): void {
    requireNewSignIn(this.storage.tab);
  }

  async renew(refreshToken: string): Promise<Tokens> {
    return renew(await this.client(), refreshToken);
  }

  async revoke(refreshToken: string): Promise<void> {
    return revoke(await this.client(), refreshToken);
  }

  /**
   * Ends the session with the identity provider too, if it has one. Resolves to whether that
   * leaves the page.
   */
  async signOut(token: string): Promise<boolean> {
    try {
      const address = await signOutAddress(await this.client(), token);
      if (address) this.window.location.assign(address);
      return address !== null;
    } catch {
      return false; // the user is signed out of the page in any case
    }
  }
}
