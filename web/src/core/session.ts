import type { Tokens } from "./oidc";
import type { HttpOperations, Refusal, SignInMethods, User } from "./protocol";

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

/** Signs a guest in. Rejects with a message for people. */
export async function signInAsGuest(name: string, send: typeof fetch = fetch): Promise<Session> {
  const { token, user } = await call("POST /api/session", { name }, {}, send);
  return { token, user };
}

/** Asks the server how people may sign in. Rejects with a message for people. */
export async function fetchSignInMethods(send: typeof fetch = fetch): Promise<SignInMethods> {
  const { guests, oidc } = await call("GET /api/session", undefined, {}, send);
  return { guests, ...(oidc && { oidc }) };
}

/** Makes a session of an identity provider's tokens. Rejects with a message for people. */
export async function sessionFromTokens({ token, ...issued }: Tokens, send: typeof fetch = fetch): Promise<Session> {
  const { user } = await call("GET /api/session", undefined, { authorization: `Bearer ${token}` }, send);
  if (!user) throw new Error("The server did not accept the sign-in. Please try again.");
  return { token, user, issued };
}

async function call<O extends keyof HttpOperations>(
  operation: O,
  request: HttpOperations[O]["request"],
  headers: Record<string, string>,
  send: typeof fetch,
): Promise<HttpOperations[O]["response"]> {
  const [method, path = ""] = operation.split(" ");
  let answer: (HttpOperations[O]["response"] & { ok?: true }) | Refusal;
  try {
    const response = await send(path, {
      method,
      headers: { ...headers, ...(request && { "content-type": "application/json" }) },
      ...(request && { body: JSON.stringify(request) }),
      signal: AbortSignal.timeout(15_000),
    });
    answer = await response.json();
  } catch {
    throw new Error("The server cannot be reached. Please try again.");
  }
  if (answer.ok === false) throw new Error(answer.error.message);
  return answer;
}
