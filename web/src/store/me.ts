import { signal } from "@preact/signals";
import { loadSession, type Session } from "../core/session";

/** Where sessions are kept. */
export const stores = { local: localStorage, tab: sessionStorage };

/** Who is signed in. */
export const session = signal<Session | null>(loadSession(stores));

/** One's own id; empty when nobody is signed in. */
export function myId(): string {
  return session.value?.user.id ?? "";
}
