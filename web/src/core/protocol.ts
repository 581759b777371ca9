// What the server says; docs/events.md is the description.

export interface User {
  id: string;
  name: string;
}

export type Kind = "channel" | "group" | "private" | "direct";

export interface Room {
  id: string;
  name: string;
  kind: Kind;
  createdAt: string;
  createdBy: User;
  /** The two people of a direct room. */
  members?: User[];
  /** The last position of the room's log. */
  head: number;
}

export interface Message {
  id: string;
  roomId: string;
  /** The position in the room's log: 1, 2, 3, …, the same for everybody. */
  seq: number;
  sender: User;
  text: string;
  tempId?: string;
  sentAt: string;
}

export interface Member extends User {
  joinedAt: string;
  online: boolean;
}

/**
 * A part of a room's log. It covers the positions from `from` to `to`; one of them
 * that is neither in `messages` nor in `pending` has no message and never will.
 */
export interface Page {
  messages: Message[];
  from: number;
  to: number;
  head: number;
  more: boolean;
  pending?: number[];
}

export interface Presence {
  online: boolean;
  version: number;
  lastSeen?: string;
}

export interface Failure {
  code: string;
  message: string;
  /** The same request may succeed later. */
  temporary?: boolean;
}

export type Answer<T> = ({ ok: true } & T) | { ok: false; error: Failure };
