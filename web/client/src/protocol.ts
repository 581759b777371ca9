// What follows from the contract, which is made of the server's code: see contract.ts.
import type { Socket } from "socket.io-client";
import type {
  ErrorCode,
  Failure,
  JoinedRoom,
  MemberView,
  Operations,
  ServerEvents,
  SignInOptions,
} from "./contract.js";

export type * from "./contract.js";

export type Operation = keyof Operations;
export type RequestOf<O extends Operation> = Operations[O]["request"];
export type ResponseOf<O extends Operation> = Operations[O]["response"];
/** The codes with which an operation may be refused. */
export type ErrorCodeOf<O extends Operation> = Operations[O]["error"];
export type Refusal<Code extends string = ErrorCode> = { ok: false; error: Failure<Code> };
/** What acknowledges an operation. */
export type Answer<O extends Operation> = ({ ok: true } & ResponseOf<O>) | Refusal<ErrorCodeOf<O>>;

/** The operations as Socket.IO types them: events with an acknowledgement. */
export type ClientEvents = {
  [O in Operation]: (request: RequestOf<O>, acknowledge: (answer: Answer<O>) => void) => void;
};

/** A socket of socket.io-client on which every event is typed. */
export type ChatSocket = Socket<ServerEvents, ClientEvents>;

/** A room as it is known: what the list of the user's rooms tells besides may be missing. */
export type Room = Partial<Pick<JoinedRoom, "unread" | "mark" | "mentions">> &
  Omit<JoinedRoom, "unread" | "mark" | "mentions">;
export type Kind = JoinedRoom["kind"];
export type Member = MemberView;
/** How people may sign in. */
export type SignInMethods = Omit<SignInOptions, "user">;
