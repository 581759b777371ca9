// A small OpenID Connect issuer for tests: discovery, keys, authorization code with PKCE,
// refresh tokens that are good once, and sign-out. It asks nobody for a password.
import { createHash, createHmac, createPublicKey, generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";

const encode = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
const newKey = (kid) => ({ kid, ...generateKeyPairSync("rsa", { modulusLength: 2048 }) });

/**
 * Starts an issuer on a free port. `person` are the claims of whoever signs in, `lifetime`
 * is how long tokens live, and `behind` by how much its clock is slow, in seconds. All may
 * be changed.
 */
export async function startIssuer({
  clientId = "page",
  lifetime = 3600,
  person = { sub: "auth0|ada", name: "Ada" },
} = {}) {
  let key = newKey("key-1");
  const codes = new Map();
  const refreshTokens = new Map();
  const asked = [];

  const server = createServer(async (request, response) => {
    const url = new URL(request.url, issuer.url);
    asked.push(`${request.method} ${url.pathname}`);
    response.setHeader("access-control-allow-origin", "*");
    const json = (status, value) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    const redirect = (address, parameters) => {
      const to = new URL(address);
      for (const [name, value] of Object.entries(parameters)) to.searchParams.set(name, value);
      response.writeHead(302, { location: to.href }).end();
    };
    const query = Object.fromEntries(url.searchParams);
    switch (`${request.method} ${url.pathname}`) {
      case "GET /.well-known/openid-configuration":
        return json(200, {
          issuer: issuer.url,
          authorization_endpoint: `${issuer.url}/authorize`,
          token_endpoint: `${issuer.url}/token`,
          jwks_uri: `${issuer.url}/keys`,
          end_session_endpoint: `${issuer.url}/logout`,
          authorization_response_iss_parameter_supported: true,
        });
      case "GET /keys":
        return json(200, {
          keys: [{ ...key.publicKey.export({ format: "jwk" }), kid: key.kid, use: "sig", alg: "RS256" }],
        });
      case "GET /authorize": {
        const { redirect_uri, state, nonce, code_challenge } = query;
        if (issuer.refuses)
          return redirect(redirect_uri, {
            error: "access_denied",
            error_description: issuer.refuses,
            state,
            iss: issuer.url,
          });
        if (
          query.client_id !== clientId ||
          query.response_type !== "code" ||
          query.code_challenge_method !== "S256" ||
          !state ||
          !nonce
        ) {
          return json(400, { error: "invalid_request" });
        }
        const code = randomUUID();
        codes.set(code, { redirect_uri, nonce, code_challenge });
        return redirect(redirect_uri, { code, state, iss: issuer.url });
      }
      case "POST /token": {
        let body = "";
        for await (const chunk of request) body += chunk;
        const form = Object.fromEntries(new URLSearchParams(body));
        let nonce;
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
          nonce = granted.nonce;
        } else if (!refreshTokens.delete(form.refresh_token)) {
          return json(400, { error: "invalid_grant" });
        }
        const refresh_token = randomUUID();
        refreshTokens.set(refresh_token, true);
        return json(200, {
          token_type: "Bearer",
          expires_in: issuer.lifetime,
          id_token: issuer.token({ nonce }),
          refresh_token,
        });
      }
      case "GET /logout":
        return redirect(query.post_logout_redirect_uri, {});
      default:
        return json(404, {});
    }
  });

  const issuer = {
    url: "",
    clientId,
    person,
    lifetime,
    behind: 0,
    /** A reason for which nobody is let in. */
    refuses: "",
    /** The requests so far. */
    asked,
    get kid() {
      return key.kid;
    },
    /** The claims of a good token, with changes; undefined takes one away. */
    claims(changes = {}) {
      const iat = Math.floor(Date.now() / 1000) - issuer.behind;
      return { iss: issuer.url, aud: clientId, iat, exp: iat + issuer.lifetime, ...issuer.person, ...changes };
    },
    /** A token signed with the issuer's key. */
    token: (changes) => signed({ alg: "RS256", kid: key.kid }, issuer.claims(changes), key.privateKey),
    /** The public key as everybody can have it. */
    publicKey: () => createPublicKey(key.privateKey).export({ type: "spki", format: "pem" }),
    /** Signs with a new key from now on, and withdraws the old one. */
    rotate: () => (key = newKey(`key-${randomUUID()}`)),
    /** Forgets all refresh tokens. */
    revoke: () => refreshTokens.clear(),
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  issuer.url = `http://127.0.0.1:${server.address().port}`;
  return issuer;
}

/** A JWT as its header says: signed with an RSA key or a shared secret, or not at all. */
export function signed(header, claims, secret) {
  const input = `${encode({ typ: "JWT", ...header })}.${encode(claims)}`;
  switch (header.alg) {
    case "RS256":
      return `${input}.${sign("sha256", Buffer.from(input), secret).toString("base64url")}`;
    case "HS256":
      return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`;
    default:
      return `${input}.`;
  }
}

/** A private key that is nobody's. */
export const strayKey = () => newKey("stray").privateKey;
