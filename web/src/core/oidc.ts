// OpenID Connect for a page that keeps no secret: authorization code with PKCE
// (RFC 9700, section 2.1; OpenID Connect Core, section 3.1).
import { challenge, secret } from "./pkce";

export interface Client {
  issuer: string;
  clientId: string;
  /** Where the issuer sends people back to. */
  redirectUri: string;
}

export interface Tokens {
  /** The ID token, which the server verifies. */
  token: string;
  refreshToken?: string;
  /** When the token ends, in ms since 1970 by this machine's clock. */
  expiresAt: number;
}

/** The issuer said no: trying the same again is of no use. */
export class Refused extends Error {}

type Storage = Pick<globalThis.Storage, "getItem" | "setItem" | "removeItem">;

interface Metadata {
  issuer: string;
  authorization_endpoint: string;
  token_endpoint: string;
  end_session_endpoint?: string;
  authorization_response_iss_parameter_supported?: boolean;
}

/** What has to be remembered while somebody is at the issuer's. */
interface Pending {
  state: string;
  nonce: string;
  verifier: string;
  /** The part of the page's address from the # on. */
  hash: string;
}

const pendingKey = "confab.signing-in";
const scope = "openid profile email";
const patience = 15_000;

async function discover(client: Client, get: typeof fetch): Promise<Metadata> {
  const address = `${client.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const response = await get(address, { signal: AbortSignal.timeout(patience) });
  if (!response.ok) throw new Error(`The issuer answered ${response.status}.`);
  const metadata = (await response.json()) as Metadata;
  if (metadata.issuer !== client.issuer) throw new Refused("The issuer has another name.");
  return metadata;
}

/** Returns the address at which to sign in, and remembers in storage that somebody does. */
export async function beginSignIn(
  client: Client,
  hash: string,
  storage: Storage,
  get: typeof fetch = fetch,
): Promise<string> {
  const { authorization_endpoint } = await discover(client, get);
  const pending: Pending = { state: secret(), nonce: secret(), verifier: secret(), hash };
  storage.setItem(pendingKey, JSON.stringify(pending));
  return extended(authorization_endpoint, {
    response_type: "code",
    client_id: client.clientId,
    redirect_uri: client.redirectUri,
    scope,
    state: pending.state,
    nonce: pending.nonce,
    code_challenge: await challenge(pending.verifier),
    code_challenge_method: "S256",
  });
}

/** Whether an address is one that the issuer sent somebody back to. */
export function isReturn(search: string): boolean {
  const query = new URLSearchParams(search);
  return query.has("state") && (query.has("code") || query.has("error"));
}

/**
 * Ends what beginSignIn began. It can be done once: an answer that nobody waits for is
 * refused, whoever sent it.
 */
export async function finishSignIn(
  client: Client,
  search: string,
  storage: Storage,
  get: typeof fetch = fetch,
): Promise<{ tokens: Tokens; hash: string }> {
  const answer = new URLSearchParams(search);
  const pending = JSON.parse(storage.getItem(pendingKey) ?? "null") as Pending | null;
  storage.removeItem(pendingKey);
  if (!pending || answer.get("state") !== pending.state) throw new Refused("This sign-in did not begin here.");
  const error = answer.get("error");
  if (error) throw new Refused(answer.get("error_description") ?? error);
  const metadata = await discover(client, get);
  // RFC 9207: another issuer's answer must not be taken to this one.
  const iss = answer.get("iss");
  if (iss ? iss !== client.issuer : metadata.authorization_response_iss_parameter_supported)
    throw new Refused("Another issuer has answered.");
  const tokens = await ask(
    metadata,
    client,
    get,
    {
      grant_type: "authorization_code",
      code: answer.get("code") ?? "",
      redirect_uri: client.redirectUri,
      code_verifier: pending.verifier,
    },
    pending.nonce,
  );
  return { tokens, hash: pending.hash };
}

/** Returns newer tokens. */
export async function renew(client: Client, refreshToken: string, get: typeof fetch = fetch): Promise<Tokens> {
  const tokens = await ask(await discover(client, get), client, get, {
    grant_type: "refresh_token",
    refresh_token: refreshToken,
  });
  return { refreshToken, ...tokens }; // an issuer that does not rotate it names none
}

/** The address at which the session with the issuer ends too, if it has one. */
export async function signOutAddress(
  client: Client,
  idToken: string,
  get: typeof fetch = fetch,
): Promise<string | null> {
  const { end_session_endpoint: address } = await discover(client, get);
  if (!address) return null;
  return extended(address, {
    id_token_hint: idToken,
    client_id: client.clientId,
    post_logout_redirect_uri: client.redirectUri,
    logout_uri: client.redirectUri, // Cognito's own name for it
  });
}

async function ask(
  metadata: Metadata,
  client: Client,
  get: typeof fetch,
  form: Record<string, string>,
  nonce?: string,
): Promise<Tokens> {
  const asked = Date.now();
  const response = await get(metadata.token_endpoint, {
    method: "POST",
    headers: { accept: "application/json" },
    body: new URLSearchParams({ ...form, client_id: client.clientId }),
    signal: AbortSignal.timeout(patience),
  });
  const answer = (await response.json()) as { id_token?: string; refresh_token?: string; error?: string };
  // RFC 6749, section 5.2; the rest (a gateway's 5xx, too many requests) may pass.
  if (response.status === 400 || response.status === 401) throw new Refused(`The issuer refused: ${answer.error}.`);
  if (!response.ok) throw new Error(`The issuer answered ${response.status}.`);
  const claims = claimsOf(answer.id_token);
  const audience = [claims.aud].flat();
  if (claims.iss !== client.issuer || !audience.includes(client.clientId))
    throw new Refused("The token is meant for somebody else.");
  if (nonce !== undefined && claims.nonce !== nonce) throw new Refused("The token belongs to another sign-in.");
  if (typeof claims.exp !== "number") throw new Refused("The token never expires.");
  // This machine's clock may be wrong, so that only the token's lifetime counts.
  const lifetime = claims.exp - (claims.iat ?? asked / 1000);
  return {
    token: answer.id_token!,
    ...(answer.refresh_token && { refreshToken: answer.refresh_token }),
    expiresAt: asked + lifetime * 1000,
  };
}

interface Claims {
  iss?: string;
  aud?: string | string[];
  nonce?: string;
  exp?: number;
  iat?: number;
}

// The signature is not verified here: the token comes from the issuer itself over TLS
// (OpenID Connect Core, section 3.1.3.7), and the server verifies it before it counts.
function claimsOf(token: string | undefined): Claims {
  try {
    const payload = token!.split(".")[1]!.replaceAll("-", "+").replaceAll("_", "/");
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(payload), (c) => c.charCodeAt(0)))) as Claims;
  } catch {
    throw new Refused("The issuer gave no ID token.");
  }
}

function extended(address: string, parameters: Record<string, string>): string {
  const url = new URL(address);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}
