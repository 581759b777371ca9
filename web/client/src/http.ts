import { RequestError } from "./error.js";
import type { HttpOperations, Refusal, SignInOptions, User } from "./protocol.js";

/** A request of the HTTP API, by its method and path. */
export type HttpOperation = keyof HttpOperations;

export interface HttpOptions {
  /** Where the chat is, as in "https://chat.example.com". Without it, it is where the page came from. */
  url?: string;
  /** Needed for all requests but those of signing in. */
  token?: string;
  /** Takes the place of fetch. */
  send?: typeof fetch;
}

/** How long an answer may take, in ms. */
const timeout = 15_000;

/** Makes a request of the HTTP API. Rejects with a RequestError: the server's refusal, or `no_answer`. */
export async function requestByHTTP<O extends HttpOperation>(
  operation: O,
  request: HttpOperations[O]["request"],
  { url = "", token, send = fetch }: HttpOptions = {},
): Promise<HttpOperations[O]["response"]> {
  const [method = "", pattern = ""] = operation.split(" ");
  const fields: Record<string, unknown> = { ...request };
  const path = pattern.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = fields[name];
    delete fields[name];
    return encodeURIComponent(String(value));
  });
  const hasBody = method === "POST" || method === "PUT" || method === "PATCH";
  const query = new URLSearchParams(
    hasBody ? {} : Object.entries(fields).map(([name, value]) => [name, String(value)]),
  );
  let answer: (HttpOperations[O]["response"] & { ok?: true }) | Refusal;
  try {
    const response = await send(`${url.replace(/\/$/, "")}${path}${query.size > 0 ? `?${query}` : ""}`, {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(hasBody && { "content-type": "application/json" }),
      },
      ...(hasBody && { body: JSON.stringify(fields) }),
      signal: AbortSignal.timeout(timeout),
    });
    answer = await response.json();
    // API Gateway refuses a token itself, in its own words.
    if (response.status === 401 && answer.ok !== false) throw new RequestError(unauthorized);
  } catch (cause) {
    if (cause instanceof RequestError) throw cause;
    throw new RequestError(unreachable, cause);
  }
  if (answer.ok === false) throw new RequestError(answer.error);
  return answer;
}

const unauthorized = {
  code: "unauthorized",
  message: "The server did not accept the sign-in. Please sign in again.",
} as const;
const unreachable = {
  code: "no_answer",
  message: "The server cannot be reached. Please try again.",
  temporary: true,
} as const;

/** Signs a new guest in, where the chat lets guests in. The result is what connect needs, and the only way back. */
export function signInAsGuest(name: string, options?: HttpOptions): Promise<{ token: string; user: User }> {
  return requestByHTTP("POST /api/session", { name }, options).then(({ token, user }) => ({ token, user }));
}

/** Asks how people may sign in, and with a token whom it stands for. */
export function signInOptions(options?: HttpOptions): Promise<SignInOptions> {
  return requestByHTTP("GET /api/session", {}, options);
}

/** Asks whom a token stands for: an issuer's token does not tell the id that others see. */
export async function userOf(token: string, options?: HttpOptions): Promise<User> {
  const { user } = await signInOptions({ ...options, token });
  if (!user) throw new RequestError(unauthorized);
  return user;
}
