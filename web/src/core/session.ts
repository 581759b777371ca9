import type { Tokens } from "./oidc";
import type { Answer, User } from "./protocol";

/** Somebody who is signed in. */
export interface Session {
  token: string;
  user: User;
  /** What an issuer's token is renewed with; a guest has none of it. */
  issued?: { refreshToken?: string; expiresAt: number };
}

/** How one may sign in. */
export interface Ways {
  guests: boolean;
  oidc?: { issuer: string; clientId: string };
}

const key = "confab.session";

interface Stores {
  /** Kept when the browser is closed, and the same in all tabs. */
  local: Pick<Storage, "getItem" | "setItem" | "removeItem">;
  /** Of one tab, and gone with it. */
  tab: Pick<Storage, "getItem" | "setItem" | "removeItem">;
}

/** Returns who was signed in here before, if what is stored makes sense. */
export function loadSession({ local, tab }: Stores): Session | null {
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
 * Keeps a session. A guest's token is all that there is of a guest, so it is kept for
 * good. An issuer's tokens stay in their tab: they survive a reload and end with the tab,
 * another tab gets its own from the issuer, who knows one still, and no two tabs renew with the
 * same refresh token, which issuers that rotate it take for a theft.
 */
export function saveSession({ local, tab }: Stores, session: Session | null): void {
  tab.removeItem(key);
  if (session?.issued) return tab.setItem(key, JSON.stringify(session));
  if (session) local.setItem(key, JSON.stringify(session));
  else local.removeItem(key);
}

/** Whether a storage event of another tab is about the session. */
export function concernsSession(event: Pick<StorageEvent, "key">): boolean {
  return event.key === key || event.key === null;
}

/** Asks the server for a session. Rejects with a message for people. */
export async function requestSession(name: string, post: typeof fetch = fetch): Promise<Session> {
  const { token, user } = await ask<Session>(post, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name }),
  });
  return { token, user };
}

/** Asks the server how one may sign in. Rejects with a message for people. */
export async function requestWays(get: typeof fetch = fetch): Promise<Ways> {
  const { guests, oidc } = await ask<Ways>(get, {});
  return { guests, ...(oidc && { oidc }) };
}

/** Asks the server whom an issuer's token stands for. Rejects with a message for people. */
export async function sessionOf({ token, ...issued }: Tokens, get: typeof fetch = fetch): Promise<Session> {
  const { user } = await ask<{ user: User }>(get, { headers: { authorization: `Bearer ${token}` } });
  return { token, user, issued };
}

async function ask<T>(get: typeof fetch, request: RequestInit): Promise<T> {
  let answer: Answer<T>;
  try {
    const response = await get("/api/session", { ...request, signal: AbortSignal.timeout(15_000) });
    answer = (await response.json()) as Answer<T>;
  } catch {
    throw new Error("The server cannot be reached. Please try again.");
  }
  // A refusal says so; that everything is well may go without saying.
  if (answer.ok === false) throw new Error(answer.error.message);
  return answer;
}
