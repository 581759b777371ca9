import type { ErrorCode, Failure } from "./protocol.js";

/** `no_answer`: nothing came in time, and the request may have been done. `closed`: the client was closed. */
export type RequestErrorCode = ErrorCode | "no_answer" | "closed";

/** Why a request has failed. Its message is for people. */
export class RequestError extends Error {
  /** What programs decide by. Later servers may have other codes. */
  readonly code: RequestErrorCode;
  /** The same request may succeed later. */
  readonly temporary: boolean;
  /** In how many seconds it may, if that is known. */
  readonly retryAfter: number | undefined;

  constructor({ code, message, temporary = false, retryAfter }: Failure<RequestErrorCode>, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "RequestError";
    this.code = code;
    this.temporary = temporary;
    this.retryAfter = retryAfter;
  }
}
