import type { Answer, User } from "./protocol";

/** Somebody who is signed in. */
export interface Session {
  token: string;
  user: User;
}

const key = "confab.session";

/** Returns who was signed in here before, if what is stored makes sense. */
export function loadSession(storage: Pick<Storage, "getItem">): Session | null {
  try {
    const saved = JSON.parse(storage.getItem(key) ?? "null") as Partial<Session> | null;
    const { token, user } = saved ?? {};
    return typeof token === "string" && typeof user?.id === "string" && typeof user.name === "string" ? { token, user } : null;
  } catch {
    return null;
  }
}

export function saveSession(storage: Pick<Storage, "setItem" | "removeItem">, session: Session | null): void {
  if (session) storage.setItem(key, JSON.stringify(session));
  else storage.removeItem(key);
}

/** Whether a storage event of another tab is about the session. */
export function concernsSession(event: Pick<StorageEvent, "key">): boolean {
  return event.key === key || event.key === null;
}

/** Asks the server for a session. Rejects with a message for people. */
export async function requestSession(name: string, post: typeof fetch = fetch): Promise<Session> {
  let answer: Answer<Session>;
  try {
    const response = await post("/api/session", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name }),
      signal: AbortSignal.timeout(15_000),
    });
    answer = (await response.json()) as Answer<Session>;
  } catch {
    throw new Error("The server cannot be reached. Please try again.");
  }
  // A refusal says so; that everything is well may go without saying.
  if (answer.ok === false) throw new Error(answer.error.message);
  return { token: answer.token, user: answer.user };
}
