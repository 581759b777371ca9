import { RequestError, requestByHTTP, type SignInMethods, signInOptions, type User, userOf } from "@confab/chat";
import type { Tokens } from "./oidc";

/** A signed-in user with the token that proves it. */
export interface Session {
  token: string;
  user: User;
  /** Set for a token of an identity provider: what it is renewed with. Guests have none. */
  issued?: { refreshToken?: string; expiresAt: number };
}

const key = "confab.session";

/** Storage of strings, such as the browser's. */
export type KeyValueStorage = Pick<Storage, "getItem" | "setItem" | "removeItem">;

export interface BrowserStorage {
  /** Survives the browser and is shared by all tabs. */
  local: KeyValueStorage;
  /** Belongs to one tab and ends with it. */
  tab: KeyValueStorage;
}

/** Loads the stored session, or null when there is none that can be read. */
export function loadSession({ local, tab }: BrowserStorage): Session | null {
  return parse(tab.getItem(key)) ?? parse(local.getItem(key));
}

function parse(saved: string | null): Session | null {
  try {
    const { token, user, issued } = (JSON.parse(saved ?? "null") ?? {}) as Partial<Session>;
    if (typeof token !== "string" || typeof user?.id !== "string" || typeof user.name !== "string") return null;
    if (issued === undefined) return { token, user };
    return typeof issued.expiresAt === "number" ? { token, user, issued } : null;
  } catch {
    return null;
  }
}

/**
 * Stores a session, or removes it when it is null.
 *
 * A guest who loses the token cannot come back, so a guest's session is kept for good. An
 * identity provider's tokens stay in their tab: they survive a reload and end with the
 * tab. Another tab gets its own from the provider, which still knows the user. So no two
 * tabs renew with the same refresh token, which providers that rotate it take for theft.
 */
export function saveSession({ local, tab }: BrowserStorage, session: Session | null): void {
  tab.removeItem(key);
  if (session?.issued) tab.setItem(key, JSON.stringify(session));
  else if (session) local.setItem(key, JSON.stringify(session));
  else local.removeItem(key);
}

/** Whether another tab's storage event is about the session. */
export function concernsSession(event: Pick<StorageEvent, "key">): boolean {
  return event.key === key || event.key === null;
}

/** Asks the server how people may sign in. Rejects with a message for people. */
export async function fetchSignInMethods(send: typeof fetch = fetch): Promise<SignInMethods> {
  const { guests, oidc } = await signInOptions({ send });
  return { guests, ...(oidc && { oidc }) };
}

/** Whether the server refuses somebody because they have signed out everywhere since they signed in. */
const isSignedOut = (error: unknown) => error instanceof RequestError && error.code === "signed_out";

/**
 * Signs the user out on all devices. Whoever is signed out already has nothing to do. Rejects
 * with a message for people.
 */
export async function signOutEverywhere(token: string, send: typeof fetch = fetch): Promise<void> {
  try {
    await requestByHTTP("POST /api/session/sign-out-everywhere", {}, { token, send });
  } catch (error) {
    if (!isSignedOut(error)) throw error;
  }
}

/**
 * Makes a session of an identity provider's tokens. Rejects with a message for people, and
 * calls onSignedOut first if the sign-in at the provider is older than a sign-out everywhere.
 */
export async function sessionFromTokens(
  { token, ...issued }: Tokens,
  send: typeof fetch = fetch,
  onSignedOut: () => void = () => {},
): Promise<Session> {
  try {
    return { token, user: await userOf(token, { send }), issued };
  } catch (error) {
    if (isSignedOut(error)) onSignedOut();
    throw error;
  }
}
