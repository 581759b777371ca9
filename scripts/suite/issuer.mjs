// A small OpenID Connect provider for tests: discovery, keys, authorization code with PKCE,
// refresh tokens that work once and can be revoked, and sign-out. It asks for no password.
import { createHash, createHmac, createPublicKey, generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";

/** @typedef {Record<string, unknown>} Claims */
/** @typedef {{ kid: string, publicKey: import("node:crypto").KeyObject, privateKey: import("node:crypto").KeyObject }} Key */

/** @param {unknown} value */
const encode = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

/** @param {string} kid @returns {Key} */
const newKey = (kid) => ({ kid, ...generateKeyPairSync("rsa", { modulusLength: 2048 }) });

/** @param {import("node:http").IncomingMessage} request @returns {Promise<Record<string, string | undefined>>} */
async function readForm(request) {
  let body = "";
  for await (const chunk of request) body += chunk;
  return Object.fromEntries(new URLSearchParams(body));
}

/**
 * Starts a provider on a free port. `person` holds the claims of whoever signs in, and
 * `lifetime` says how long tokens live, in seconds. Both may be changed later.
 *
 * @param {{ clientId?: string, lifetime?: number, person?: Claims }} [options]
 */
export async function startIssuer({
  clientId = "page",
  lifetime = 3600,
  person = { sub: "auth0|ada", name: "Ada" },
} = {}) {
  let key = newKey("key-1");
  /** @type {Map<string | undefined, { redirect_uri: string, nonce: string, code_challenge: string, auth_time?: number | undefined }>} */
  const codes = new Map();
  /** When the person of each refresh token signed in. @type {Map<string | undefined, number | undefined>} */
  const refreshTokens = new Map();
  /** @type {string[]} */
  const requests = [];

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "/", issuer.url);
    requests.push(`${request.method} ${url.pathname}`);
    response.setHeader("access-control-allow-origin", "*");
    /** @param {number} status @param {unknown} value */
    const json = (status, value) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    /** @param {string} address @param {Record<string, string>} parameters */
    const redirect = (address, parameters) => {
      const to = new URL(address);
      for (const [name, value] of Object.entries(parameters)) to.searchParams.set(name, value);
      response.writeHead(302, { location: to.href }).end();
    };
    /** @param {string} name */
    const query = (name) => url.searchParams.get(name) ?? "";
    switch (`${request.method} ${url.pathname}`) {
      case "GET /.well-known/openid-configuration":
        return json(200, {
          issuer: issuer.url,
          authorization_endpoint: `${issuer.url}/authorize`,
          token_endpoint: `${issuer.url}/token`,
          jwks_uri: `${issuer.url}/keys`,
          revocation_endpoint: `${issuer.url}/revoke`,
          end_session_endpoint: `${issuer.url}/logout`,
          authorization_response_iss_parameter_supported: true,
        });
      case "GET /keys":
        return json(200, {
          keys: [{ ...key.publicKey.export({ format: "jwk" }), kid: key.kid, use: "sig", alg: "RS256" }],
        });
      case "GET /authorize": {
        const [redirect_uri, state, nonce] = [query("redirect_uri"), query("state"), query("nonce")];
        if (issuer.refusal) {
          const error = { error: "access_denied", error_description: issuer.refusal };
          return redirect(redirect_uri, { ...error, state, iss: issuer.url });
        }
        const known = query("client_id") === clientId && query("response_type") === "code";
        if (!known || query("code_challenge_method") !== "S256" || !state || !nonce) {
          return json(400, { error: "invalid_request" });
        }
        const code = randomUUID();
        if (query("prompt") === "login") issuer.signedInAt &&= Math.floor(Date.now() / 1000);
        const auth_time = issuer.signedInAt;
        codes.set(code, { redirect_uri, nonce, code_challenge: query("code_challenge"), auth_time });
        return redirect(redirect_uri, { code, state, iss: issuer.url });
      }
      case "POST /token": {
        const form = await readForm(request);
        let nonce;
        let auth_time = refreshTokens.get(form.refresh_token);
        if (form.grant_type === "authorization_code") {
          const granted = codes.get(form.code);
          codes.delete(form.code);
          const challenge = createHash("sha256")
            .update(form.code_verifier ?? "")
            .digest("base64url");
          if (
            !granted ||
            form.client_id !== clientId ||
            form.redirect_uri !== granted.redirect_uri ||
            challenge !== granted.code_challenge
          ) {
            return json(400, { error: "invalid_grant" });
          }
          ({ nonce, auth_time } = granted);
        } else if (!refreshTokens.delete(form.refresh_token)) {
          return json(400, { error: "invalid_grant" });
        }
        const refresh_token = randomUUID();
        refreshTokens.set(refresh_token, auth_time);
        return json(200, {
          access_token: randomUUID(),
          token_type: "Bearer",
          expires_in: issuer.lifetime,
          id_token: issuer.token({ nonce, auth_time }),
          refresh_token,
        });
      }
      case "POST /revoke": {
        if (issuer.revocation === "hangs") return;
        if (issuer.revocation === "fails") return json(503, {});
        const form = await readForm(request);
        if (form.client_id !== clientId) return json(401, { error: "invalid_client" });
        refreshTokens.delete(form.token); // an unknown one is no error (RFC 7009, section 2.2)
        return response.writeHead(200).end();
      }
      case "GET /logout":
        return redirect(query("post_logout_redirect_uri"), {});
      default:
        return json(404, {});
    }
  });

  const issuer = {
    url: "",
    clientId,
    person,
    lifetime,
    /** How many seconds its clock is slow. */
    clockLag: 0,
    /** The reason it gives for refusing everybody; empty to let everybody in. */
    refusal: "",
    /** When its person signed in, in seconds; without it, its tokens do not tell. */
    signedInAt: /** @type {number | undefined} */ (undefined),
    /** What becomes of requests to revoke a token. */
    revocation: /** @type {"works" | "fails" | "hangs"} */ ("works"),
    /** How many refresh tokens are good. */
    get refreshTokens() {
      return refreshTokens.size;
    },
    /** The requests so far, such as "POST /token". */
    requests,
    get kid() {
      return key.kid;
    },
    /** The claims of a good token, with changes; undefined removes a claim. */
    claims(/** @type {Claims} */ changes = {}) {
      const iat = Math.floor(Date.now() / 1000) - issuer.clockLag;
      return { iss: issuer.url, aud: clientId, iat, exp: iat + issuer.lifetime, ...issuer.person, ...changes };
    },
    /** A token signed with the provider's key. */
    token: (/** @type {Claims} */ changes = {}) =>
      signToken({ alg: "RS256", kid: key.kid }, issuer.claims(changes), key.privateKey),
    /** The public key, which everybody can have. */
    publicKey: () => createPublicKey(key.privateKey).export({ type: "spki", format: "pem" }),
    /** Signs with a new key from now on, and withdraws the old one. */
    rotate() {
      key = newKey(`key-${randomUUID()}`);
    },
    /** Revokes all refresh tokens. */
    revoke: () => refreshTokens.clear(),
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = /** @type {import("node:net").AddressInfo} */ (server.address());
  issuer.url = `http://127.0.0.1:${address.port}`;
  return issuer;
}

/**
 * A JWT, signed as its header says: with an RSA key, a shared secret, or not at all.
 *
 * @param {{ alg: string, kid?: string }} header
 * @param {Claims} claims
 * @param {import("node:crypto").KeyObject | string | Buffer} [key]
 */
export function signToken(header, claims, key = "") {
  const input = `${encode({ typ: "JWT", ...header })}.${encode(claims)}`;
  switch (header.alg) {
    case "RS256":
      return `${input}.${sign("sha256", Buffer.from(input), key).toString("base64url")}`;
    case "HS256":
      return `${input}.${createHmac("sha256", key).update(input).digest("base64url")}`;
    default:
      return `${input}.`;
  }
}

/** A private key that no provider uses. */
export const unknownKey = () => newKey("unknown").privateKey;
