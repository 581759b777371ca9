// Signing in at an OpenID Connect issuer, and staying so.
import { signal } from "@preact/signals";
import { beginSignIn, type Client, finishSignIn, isReturn, renew, signOutAddress, type Tokens } from "../core/oidc";
import { type Outcome, Renewal } from "../core/renewal";
import { requestWays, type Session, saveSession, sessionOf, type Ways } from "../core/session";
import { ask } from "./line";
import { session, stores } from "./me";

/** How one may sign in; null while that is not known. */
export const ways = signal<Ways | null>(null);

export async function loadWays(): Promise<Ways> {
  return (ways.value ??= await requestWays());
}

async function client(): Promise<Client> {
  const { oidc } = await loadWays();
  if (!oidc) throw new Error("Nobody signs in this way here.");
  return { ...oidc, redirectUri: `${location.origin}/` };
}

/** Goes to the issuer's page. */
export async function goToIssuer(): Promise<void> {
  location.assign(await beginSignIn(await client(), location.hash, sessionStorage));
}

/** Whether the issuer has just sent somebody back. */
export const returning = isReturn(location.search);

/** Takes what the issuer has sent back, out of the address too. */
export async function comeFromIssuer(): Promise<Session> {
  const { search } = location;
  history.replaceState(null, "", location.pathname + location.hash);
  const { tokens, hash } = await finishSignIn(await client(), search, sessionStorage);
  const next = await sessionOf(tokens);
  if (hash) location.replace(hash); // the room, or the invitation, from before
  return next;
}

/** Ends the session with the issuer, if it has such a thing. */
export async function leaveIssuer(token: string): Promise<void> {
  try {
    const address = await signOutAddress(await client(), token);
    if (address) location.assign(address);
  } catch {
    // Here one is signed out in any case.
  }
}

let renewal: Renewal | null = null;

/** Renews the session's token in time, if it is an issuer's. */
export function startRenewing({ ended }: { ended(): void }): void {
  stopRenewing();
  const issued = session.value?.issued;
  if (!issued) return;
  renewal = new Renewal(issued, {
    renew: async (refreshToken) => renew(await client(), refreshToken),
    renewed: keep,
    ended,
  });
}

export function stopRenewing(): void {
  renewal?.stop();
  renewal = null;
}

/** Renews the token now. */
export async function renewNow(): Promise<Outcome> {
  return renewal ? renewal.now() : "never";
}

function keep({ token, ...issued }: Tokens): void {
  if (!session.value) return;
  session.value = { ...session.value, token, issued };
  saveSession(stores, session.value);
  // A socket ends with its token. If this gets lost, the next connection has the new one.
  void ask("refreshToken", { token }).catch(() => {});
}
