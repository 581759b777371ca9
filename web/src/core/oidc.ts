// Signing in with OpenID Connect from a page that keeps no secret: authorization code with
// PKCE (RFC 9700, section 2.1). oauth4webapi does the protocol; this adds where the values
// are kept in between, and which failures are final.
import * as oauth from "oauth4webapi";
import type { KeyValueStorage } from "./session";

export interface Client {
  issuer: string;
  clientId: string;
  /** Where the identity provider sends people back to. */
  redirectUri: string;
}

export interface Tokens {
  /** The ID token, which the server verifies. */
  token: string;
  refreshToken?: string;
  /** When the token ends, in ms since 1970 by this machine's clock. */
  expiresAt: number;
}

/** A final refusal: the same request will not succeed later. Its message is for people. */
export class Refused extends Error {}

/** What the page has to remember while the user is at the identity provider. */
interface PendingSignIn {
  state: string;
  nonce: string;
  verifier: string;
  /** The part of the page's address from the # on. */
  hash: string;
}

const pendingKey = "confab.signing-in";
/** There while the next sign-in must not rest on one that the provider remembers. */
const anewKey = "confab.sign-in-anew";
const scope = "openid profile email";
const timeout = 15_000;

/** Makes the provider ask who the user is when they sign in next. */
export function requireNewSignIn(storage: KeyValueStorage): void {
  storage.setItem(anewKey, "true");
}

/** Returns the address at which to sign in, and stores what finishSignIn needs. */
export async function beginSignIn(
  client: Client,
  hash: string,
  storage: KeyValueStorage,
  send: typeof fetch = fetch,
): Promise<string> {
  const { authorization_endpoint: address } = await discover(client, send);
  if (!address) throw new Refused("The identity provider has no address for signing in.");
  const pending: PendingSignIn = {
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
    verifier: oauth.generateRandomCodeVerifier(),
    hash,
  };
  storage.setItem(pendingKey, JSON.stringify(pending));
  return withParameters(address, {
    response_type: "code",
    client_id: client.clientId,
    redirect_uri: client.redirectUri,
    scope,
    state: pending.state,
    nonce: pending.nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(pending.verifier),
    code_challenge_method: "S256",
    ...(storage.getItem(anewKey) !== null && { prompt: "login" }),
  });
}

/** Whether the query of an address holds an identity provider's answer. */
export function isSignInAnswer(search: string): boolean {
  const query = new URLSearchParams(search);
  return query.has("state") && (query.has("code") || query.has("error"));
}

/**
 * Finishes what beginSignIn began. It works once: an answer without a pending sign-in is
 * refused.
 */
export async function finishSignIn(
  client: Client,
  search: string,
  storage: KeyValueStorage,
  send: typeof fetch = fetch,
): Promise<{ tokens: Tokens; hash: string }> {
  const answer = new URLSearchParams(search);
  const pending = JSON.parse(storage.getItem(pendingKey) ?? "null") as PendingSignIn | null;
  storage.removeItem(pendingKey);
  if (!pending || answer.get("state") !== pending.state) {
    throw new Refused("This sign-in did not start here. Please sign in again.");
  }
  const server = await discover(client, send);
  const registration = registrationOf(client);
  const parameters = checkAnswer(server, registration, answer, pending.state);
  const asked = Date.now();
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    registration,
    oauth.None(),
    parameters,
    client.redirectUri,
    pending.verifier,
    requestOptions(client, send),
  );
  const tokens = await readTokens(asked, response, (readable) =>
    oauth.processAuthorizationCodeResponse(server, registration, readable, {
      expectedNonce: pending.nonce,
      requireIdToken: true,
    }),
  );
  storage.removeItem(anewKey);
  return { tokens, hash: pending.hash };
}

/** Returns newer tokens. */
export async function renew(client: Client, refreshToken: string, send: typeof fetch = fetch): Promise<Tokens> {
  const server = await discover(client, send);
  const registration = registrationOf(client);
  const asked = Date.now();
  const options = requestOptions(client, send);
  const response = await oauth.refreshTokenGrantRequest(server, registration, oauth.None(), refreshToken, options);
  const tokens = await readTokens(asked, response, (readable) =>
    oauth.processRefreshTokenResponse(server, registration, readable),
  );
  return { refreshToken, ...tokens }; // a provider that does not rotate it sends none
}

/**
 * Makes a refresh token useless (RFC 7009). A provider without an address for that is asked
 * nothing.
 */
export async function revoke(client: Client, refreshToken: string, send: typeof fetch = fetch): Promise<void> {
  const server = await discover(client, send);
  if (!server.revocation_endpoint) return;
  const response = await oauth.revocationRequest(server, registrationOf(client), oauth.None(), refreshToken, {
    ...requestOptions(client, send),
    additionalParameters: { token_type_hint: "refresh_token" },
  });
  await oauth.processRevocationResponse(response);
}

/** Returns the address that ends the session with the identity provider, or null if it has none. */
export async function signOutAddress(
  client: Client,
  idToken: string,
  send: typeof fetch = fetch,
): Promise<string | null> {
  const { end_session_endpoint: address } = await discover(client, send);
  if (!address) return null;
  return withParameters(address, {
    id_token_hint: idToken,
    client_id: client.clientId,
    post_logout_redirect_uri: client.redirectUri,
    logout_uri: client.redirectUri, // Cognito's own name for it
  });
}

function requestOptions({ issuer }: Client, send: typeof fetch) {
  return {
    [oauth.customFetch]: (address: string, request: RequestInit) =>
      send(address, request).catch((cause: unknown) => {
        throw new Error("The identity provider cannot be reached. Please try again.", { cause });
      }),
    [oauth.allowInsecureRequests]: issuer.startsWith("http:"), // on localhost, for development
    signal: () => AbortSignal.timeout(timeout),
  };
}

function registrationOf({ clientId }: Client): oauth.Client {
  // This machine's clock may be wrong, so that only a token's lifetime counts. The server
  // checks the times.
  const century = 100 * 365 * 24 * 3600;
  return { client_id: clientId, token_endpoint_auth_method: "none", [oauth.clockTolerance]: century };
}

async function discover(client: Client, send: typeof fetch): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(client.issuer);
  const response = await oauth.discoveryRequest(issuer, { algorithm: "oidc", ...requestOptions(client, send) });
  if (!response.ok) throw unavailable(response);
  const server = await oauth.processDiscoveryResponse(issuer, response).catch((error: unknown) => {
    if (error instanceof oauth.OperationProcessingError && error.code === oauth.JSON_ATTRIBUTE_COMPARISON) return null;
    throw error;
  });
  // The library compares URLs; tokens and the server compare the strings.
  if (server?.issuer !== client.issuer) {
    throw new Refused("Sign-in is not set up correctly: the identity provider has another issuer URL.");
  }
  return server;
}

function unavailable(response: Response): Error {
  return new Error(`The identity provider answered with status ${response.status}. Please try again.`);
}

/** Checks the state, the issuer (RFC 9207) and that the answer is no error. */
function checkAnswer(
  server: oauth.AuthorizationServer,
  registration: oauth.Client,
  answer: URLSearchParams,
  state: string,
): URLSearchParams {
  try {
    return oauth.validateAuthResponse(server, registration, answer, state);
  } catch (error) {
    if (error instanceof oauth.AuthorizationResponseError) throw new Refused(error.error_description ?? error.error);
    throw new Refused("The answer came from another identity provider. Please sign in again.", { cause: error });
  }
}

/**
 * Reads the answer of the token endpoint. The signature is not verified here: the token
 * comes from the provider itself over TLS (OpenID Connect Core, section 3.1.3.7), and the
 * server verifies it before it counts.
 */
async function readTokens(
  asked: number,
  response: Response,
  process: (response: Response) => Promise<oauth.TokenEndpointResponse>,
): Promise<Tokens> {
  // RFC 6749, section 5.2: 400 and 401 are final. Everything else, such as a gateway's 5xx,
  // may pass, and so may a body that cannot be read.
  if (!response.ok && response.status !== 400 && response.status !== 401) throw unavailable(response);
  const body: unknown = await response.json();
  try {
    const result = await process(Response.json(body, { status: response.status }));
    const claims = oauth.getValidatedIdTokenClaims(result);
    if (!claims || !result.id_token) throw new Error("no ID token");
    const { refresh_token: refreshToken } = result;
    return {
      token: result.id_token,
      ...(refreshToken && { refreshToken }),
      expiresAt: asked + (claims.exp - claims.iat) * 1000,
    };
  } catch (error) {
    if (error instanceof oauth.ResponseBodyError) throw new Refused(`The identity provider refused: ${error.error}.`);
    throw new Refused(`The identity provider's answer is not valid: ${(error as Error).message}.`, { cause: error });
  }
}

function withParameters(address: string, parameters: Record<string, string>): string {
  const url = new URL(address);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}
