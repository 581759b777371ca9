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
  members?: User[];
  head: number;
}

export interface Message {
  id: string;
  roomId: string;
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

export interface Session {
  token: string;
  user: User;
}

export interface Failure {
  code: string;
  message: string;
}

export type Answer<T> = ({ ok: true } & T) | { ok: false; error: Failure };
