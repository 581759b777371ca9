import type { Connection } from "./connection.js";
import type { Operation, RequestOf, ResponseOf } from "./protocol.js";

/** What makes requests: a Connection, or what an application puts before it. */
export interface Requests extends Pick<Connection, "connected" | "emitWithAck" | "requestWhileConnected"> {
  /** Rejects when it is refused, or resolves to null if somebody was told. */
  request<O extends Operation>(operation: O, request: RequestOf<O>, attempts?: number): Promise<ResponseOf<O> | null>;
}
