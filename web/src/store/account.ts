// Who is signed in, and the chat that belongs to them.
import { signInAsGuest, sleep } from "@confab/chat";
import { signal } from "@preact/signals";
import type { Tokens } from "../core/oidc";
import { Renewal } from "../core/renewal";
import {
  type BrowserStorage,
  concernsSession,
  loadSession,
  type Session,
  saveSession,
  signOutEverywhere,
} from "../core/session";
import { type Chat, type ChatOptions, createChat } from "./chat";
import type { Issuer } from "./issuer";
import type { PageLocation } from "./location";

const sessionEnded = "Your session has ended. Please sign in again.";
const notRevoked =
  "You are signed out here. The identity provider did not answer, so sign out there too if others use this device.";
/** How long the identity provider may take to revoke the refresh token. */
const revocationLimit = 4000;
/** Where a message waits that is to be shown once, when the page comes back from the identity provider. */
const noticeKey = "confab.notice";

export interface AccountOptions {
  storage: BrowserStorage & { tab: Pick<Storage, "clear"> };
  location: PageLocation;
  issuer: Issuer;
  /** Keeps what is typed; a test leaves it in memory. */
  openTyped?: ChatOptions["openTyped"];
  /** Opens the socket; a test gives its own. */
  openSocket?: ChatOptions["openSocket"];
}

export class Account {
  readonly session = signal<Session | null>(null);
  /** The chat of the session; null when nobody is signed in. */
  readonly chat = signal<Chat | null>(null);
  /** Why the user has to sign in again; empty if there is no reason. */
  readonly endReason = signal("");
  /** Whether the user is being signed out. */
  readonly leaving = signal(false);
  readonly issuer: Issuer;
  private renewal: Renewal | null = null;

  constructor(private readonly options: AccountOptions) {
    this.issuer = options.issuer;
  }

  /** Continues the stored session, if there is one. */
  resume(): void {
    const { tab } = this.options.storage;
    this.endReason.value = tab.getItem(noticeKey) ?? "";
    tab.removeItem(noticeKey);
    this.begin(loadSession(this.options.storage));
  }

  async signInAsGuest(name: string): Promise<void> {
    this.enter(await signInAsGuest(name));
  }

  /** Starts a new session. */
  enter(session: Session): void {
    saveSession(this.options.storage, session);
    this.endReason.value = "";
    this.begin(session);
  }

  /** Ends the session for the user. Nothing can keep it from ending. */
  async signOut(): Promise<void> {
    const token = this.session.peek()?.token;
    if (!token || this.leaving.peek()) return;
    this.leaving.value = true;
    await this.leave(token);
  }

  /** Ends all sessions of the user, or tells them why it cannot. */
  async signOutEverywhere(): Promise<void> {
    const token = this.session.peek()?.token;
    if (!token || this.leaving.peek()) return;
    this.leaving.value = true;
    // The server ends this page's connection too, perhaps before its answer comes.
    const ended = new Promise<string>((resolve) => {
      this.onSignedOut = resolve;
    });
    try {
      await Promise.race([signOutEverywhere(token), ended]);
    } catch (error) {
      this.leaving.value = false;
      this.chat.peek()?.toast.show((error as Error).message);
      return;
    } finally {
      this.onSignedOut = this.signedOutElsewhere;
    }
    await this.leave(token, true);
  }

  /** What the refusal of a session that has ended on all devices leads to. */
  private onSignedOut: (reason: string) => void = this.signedOutElsewhere;

  private signedOutElsewhere(reason: string): void {
    if (this.renewal) void this.revoke(this.renewal);
    this.drop(reason);
    this.issuer.requireNewSignIn();
  }

  private async leave(token: string, everywhere = false): Promise<void> {
    // Tokens that nobody can revoke any more are the last to be dropped.
    const revoked = !this.renewal || (await this.revoke(this.renewal));
    this.leaving.value = false;
    const { issued } = this.session.peek() ?? {};
    this.drop(revoked ? "" : notRevoked);
    if (issued && everywhere) this.issuer.requireNewSignIn();
    if (issued && (await this.issuer.signOut(token)) && !revoked) {
      this.options.storage.tab.setItem(noticeKey, notRevoked);
    }
  }

  /** Revokes the refresh token. Resolves to whether the identity provider has answered in time. */
  private revoke(renewal: Renewal): Promise<boolean> {
    const revoke = async () => {
      const refreshToken = await renewal.lastRefreshToken();
      if (refreshToken) await this.issuer.revoke(refreshToken);
    };
    renewal.stop();
    const answered = revoke().then(
      () => true,
      () => false,
    );
    return Promise.race([answered, sleep(revocationLimit).then(() => false)]);
  }

  /** Forgets the session, and all that belongs to it. */
  private drop(reason: string): void {
    const { storage } = this.options;
    saveSession(storage, null);
    storage.tab.clear();
    if (reason !== sessionEnded) void this.chat.peek()?.typed.clear(); // else the same user may come back, and send it
    this.end();
    this.endReason.value = reason;
  }

  /** Handles a change that another tab made to the storage. */
  handleStorage(event: Pick<StorageEvent, "key">): void {
    if (concernsSession(event)) this.followOtherTab();
  }

  // Another tab has signed out, or in.
  private followOtherTab(): void {
    const current = this.session.peek();
    if (current?.issued) return; // an identity provider's session belongs to this tab
    const next = loadSession(this.options.storage);
    if (next?.token === current?.token) return;
    this.end();
    this.begin(next);
  }

  private begin(session: Session | null): void {
    this.session.value = session;
    if (!session) return;
    const { location, storage, openSocket, openTyped } = this.options;
    let triedRenewal = false; // since the server last accepted a token
    if (session.issued) {
      this.renewal = new Renewal(session.issued, {
        renew: (refreshToken) => this.issuer.renew(refreshToken),
        onRenewed: (tokens) => this.keep(tokens),
        onEnded: () => this.drop(sessionEnded),
      });
    }
    const { renewal } = this;
    const chat = createChat({
      me: session.user,
      location,
      storage,
      ...(openSocket && { openSocket }),
      ...(openTyped && { openTyped }),
      token: () => this.session.peek()?.token ?? "",
      onAccepted() {
        triedRenewal = false;
      },
      onSignedOut: (reason) => this.onSignedOut(reason),
      onUnauthorized: async () => {
        const outcome = triedRenewal || !renewal ? "never" : await renewal.now();
        triedRenewal = outcome === "renewed";
        if (outcome === "never" && this.chat.peek() === chat) this.drop(sessionEnded);
        return outcome !== "never";
      },
    });
    this.chat.value = chat;
  }

  private end(): void {
    this.renewal?.stop();
    this.renewal = null;
    this.chat.peek()?.close();
    this.chat.value = null;
    this.session.value = null;
    // An invitation stays in the address.
    const { location } = this.options;
    if (location.roomId.peek()) location.leaveRoom();
  }

  private keep({ token, ...issued }: Tokens): void {
    const current = this.session.peek();
    if (!current) return;
    const session = { ...current, token, issued };
    this.session.value = session;
    saveSession(this.options.storage, session);
    // A socket ends with its token. If this is lost, the next connection uses the new token.
    void this.chat
      .peek()
      ?.connection.emitWithAck("refreshToken", { token })
      .catch(() => {});
  }
}
