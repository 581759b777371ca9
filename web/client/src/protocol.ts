// What the page and the server say to each other. docs/events.md describes it.
import type { Socket } from "socket.io-client";

export interface User {
  id: string;
  name: string;
}

/** What a client keeps with a message or a room: at most 4,096 bytes as compact JSON. */
export type Data = Record<string, unknown>;

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
  /** In the list of the user's rooms: how much comes after the mark. */
  unread?: number;
  /** There too. Missing if the user was in the room before there were marks. All of it is read then. */
  mark?: Mark;
  /** There too: how many messages after the mark mention the user. */
  mentions?: number;
  /** Lists of channels and invitations leave it out. */
  data?: Data;
}

/** Up to where the user has read a room. Of two marks, the one with the larger version is the later one, then that with the larger seq. */
export interface Mark {
  seq: number;
  version: number;
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
  /** The position of an earlier message of the same log. */
  replyTo?: number;
  /** Of a reply in a thread: the position of the thread's first message. seq and rev are the thread's then. */
  threadOf?: number;
  /** About the replies below it, if there are any. */
  thread?: Thread;
  /** By emoji: how many have reacted with it, and the first ten of them, in the order of their ids. */
  reactions?: Record<string, Reaction>;
  /** When they changed last. */
  reactedAt?: string;
  /** The ids of the members whom it mentions, or "@room" for all of them. */
  mentions?: string[];
  /** Who has pinned it, and when. */
  pinned?: { by: User; at: string };
  data?: Data;
  /** How often the text was edited, the last time at editedAt. */
  version?: number;
  editedAt?: string;
  /** There is no text any more. */
  deletedAt?: string;
  /** The last revision that changed it. Of two states, the one with the larger rev is the later one. */
  rev?: number;
}

/** How many have reacted with an emoji, and the first ten of them. */
export interface Reaction {
  count: number;
  users: User[];
}

/** How many replies are in a thread, which is the position of the last one, and when that was sent. */
export interface Thread {
  count: number;
  lastAt: string;
}

/** How the user stands to a thread. The mark is up to where they have read it. */
export interface Follow {
  on: boolean;
  mark: Mark;
}

/** A thread that the user follows. `unread` is how many replies come after the mark. */
export interface FollowedThread {
  first: Message;
  mark: Mark;
  unread: number;
}

/** What a search found in a room, the newest first. With `before`, there may be more before that position. */
export interface FoundIn {
  roomId: string;
  messages: Message[];
  before?: number;
}

export interface Member extends User {
  joinedAt: string;
  online: boolean;
}

/**
 * A part of a room's log. It covers the positions from `from` to `to`. A position that is
 * neither in `messages` nor in `pending` has no message and never will.
 */
export interface Page {
  messages: Message[];
  from: number;
  to: number;
  head: number;
  more: boolean;
  pending?: number[];
  /** The last revision of the room, which the page knows already. */
  rev?: number;
}

/** The last message of a room, as a list shows it: with the beginning of its text. */
export type Preview = Pick<Message, "seq" | "sender" | "text" | "sentAt" | "deletedAt" | "rev">;

/** The messages that have changed after a revision, as they are now. Later ones come after `rev`. */
export interface Changes {
  messages: Message[];
  rev: number;
  more: boolean;
}

/** A room of the user as it is after a while. `news` are there if they were asked for. */
export interface SyncedRoom extends Room {
  last?: Preview;
  news?: Page & { changes: Changes };
}

/** Asks the user to join a room that somebody made with them. */
export interface Invitation {
  /** The room as it was made. */
  room: Room;
  from: User;
  expiresAt: string;
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

/** Every operation that a client can ask for by event. */
export interface Operations {
  createRoom: {
    request: { name?: string; kind?: Kind; members?: string[]; tempId?: string; data?: Data };
    response: { room: Room };
  };
  /** If there are `moreMembers`, `members` returns those after the last one. */
  joinRoom: {
    request: { roomId: string };
    response: { room: Room; members: Member[]; moreMembers?: boolean } & Page;
  };
  members: { request: { roomId: string; after?: string }; response: { members: Member[]; more: boolean } };
  leaveRoom: { request: { roomId: string }; response: object };
  declineInvitation: { request: { roomId: string }; response: object };
  /** `next` is the cursor of the next page. All rooms come before the invitations, and those before the channels. */
  listRooms: {
    request: { cursor?: string };
    response: { rooms: Room[]; invitations: Invitation[]; open: Room[]; next?: string; unheard?: number };
  };
  /**
   * `listRooms` with the last message of each room and, of those that `rooms` names, what is new after a position
   * and a revision. `gone` are those of them that the user is not in.
   */
  sync: {
    request: { rooms?: Record<string, { seq: number; rev: number; limit?: number }>; cursor?: string };
    response: {
      rooms: SyncedRoom[];
      invitations: Invitation[];
      open: Room[];
      next?: string;
      unheard?: number;
      gone: string[];
    };
  };
  /** Finds channels by name. A page may be empty and have a `next`. */
  openRooms: { request: { search?: string; cursor?: string }; response: { open: Room[]; next?: string } };
  sendMessage: {
    request: {
      roomId: string;
      text: string;
      tempId: string;
      replyTo?: number;
      threadOf?: number;
      mentions?: string[];
      data?: Data;
    };
    response: { message: Message };
  };
  editMessage: {
    request: {
      roomId: string;
      seq: number;
      text: string;
      version?: number;
      threadOf?: number;
      mentions?: string[];
      data?: Data;
    };
    response: { message: Message };
  };
  deleteMessage: { request: { roomId: string; seq: number; threadOf?: number }; response: { message: Message } };
  react: {
    request: { roomId: string; seq: number; emoji: string; on: boolean; threadOf?: number };
    response: { message: Message };
  };
  /** Who has reacted with an emoji. With `more`, ask for those after the last. `mine` tells whether the user is one of all. */
  reactions: {
    request: { roomId: string; seq: number; emoji: string; after?: string; threadOf?: number };
    response: { users: User[]; more: boolean; mine: boolean };
  };
  pin: { request: { roomId: string; seq: number; on: boolean }; response: { message: Message } };
  /** The pinned messages of a room, the newest first. With `more`, ask for those before the last. */
  pins: { request: { roomId: string; before?: number }; response: { messages: Message[]; more: boolean } };
  /** Finds messages by their words, in one room, or some in each of the user's. */
  search: {
    request: { text: string; roomId?: string; before?: number; afterRoom?: string };
    response: { rooms: FoundIn[]; next?: string };
  };
  /** The messages that have changed after a revision, as they are now. */
  changes: {
    request: { roomId: string; after: number; limit?: number; threadOf?: number };
    response: Changes;
  };
  history: { request: { roomId: string; before?: number; after?: number; limit?: number }; response: Page };
  /** A part of the log of the thread below the message at `seq`. */
  thread: {
    request: { roomId: string; seq: number; before?: number; after?: number; limit?: number };
    response: { first: Message; follow: Follow } & Page;
  };
  followThread: { request: { roomId: string; seq: number; on: boolean }; response: { follow: Follow } };
  /** `next` is the cursor of the next page. */
  followedThreads: { request: { cursor?: string }; response: { threads: FollowedThread[]; next?: string } };
  /** The messages that mention the user, the newest first. `next` is the cursor of the next page. */
  mentions: { request: { cursor?: string }; response: { messages: Message[]; next?: string } };
  /** Moves the mark forward, or with `unread` to wherever it is to be. Marks of before `version` stay. */
  markRead: {
    request: { roomId: string; seq: number; unread?: boolean; version?: number; threadOf?: number };
    response: { mark: Mark };
  };
  markAllRead: {
    request: { marks: { roomId: string; seq: number; version?: number }[] };
    response: { marks: ({ roomId: string } & Mark)[] };
  };
  /** Up to where the members of a small room have read it. */
  readMarks: { request: { roomId: string }; response: { marks: { userId: string; seq: number }[] } };
  presence: { request: { userIds: string[] }; response: { users: Record<string, Presence> } };
  /** The rooms to watch from now on, and of which of them the answer tells who is online. */
  watch: { request: { roomIds: string[]; tell?: string[] }; response: { users: Record<string, Presence> } };
  typing: { request: { roomId: string; on: boolean }; response: object };
  refreshToken: { request: { token: string }; response: { expiresAt: string } };
  /** Ends all sessions of the user. A guest whose connection stays gets another token. */
  signOutEverywhere: { request: { exceptThis?: boolean }; response: { token?: string } };
}

export type Operation = keyof Operations;
export type RequestOf<O extends Operation> = Operations[O]["request"];
export type ResponseOf<O extends Operation> = Operations[O]["response"];
export type Refusal = { ok: false; error: Failure };
export type Answer<O extends Operation> = ({ ok: true } & ResponseOf<O>) | Refusal;

/** Every event that the server sends. */
export interface ServerEvents {
  newMessage(message: Message): void;
  messageChanged(event: { message: Message; rev: number }): void;
  /** A reply in a thread, and what its first message is from then on. */
  newReply(event: { message: Message; first: Message }): void;
  replyChanged(event: { message: Message; rev: number }): void;
  /** A message mentions the user. */
  mention(event: { message: Message }): void;
  /** How the user stands to a thread, as another device of theirs has changed it. */
  followChanged(event: { roomId: string; seq: number } & Follow): void;
  typing(event: { roomId: string; user: User; on: boolean }): void;
  roomChanged(event: { room: Room }): void;
  invited(event: { invitation: Invitation }): void;
  invitationDeclined(event: { roomId: string }): void;
  memberChanged(event: { roomId: string; user: User; change: "joined" | "left" }): void;
  /** Where the user's other devices, or the other person of a direct room, have moved their marks. */
  read(event: { userId: string; marks: ({ roomId: string } & Mark)[] }): void;
  /** Who came online or went offline in the rooms that are watched. */
  presence(event: { users: Record<string, Presence> }): void;
  userOnline(event: { user: User; version: number }): void;
  userOffline(event: { user: User; version: number; lastSeen?: string }): void;
}

/** The operations as Socket.IO types them: events with an acknowledgement. */
export type ClientEvents = {
  [O in Operation]: (request: RequestOf<O>, acknowledge: (answer: Answer<O>) => void) => void;
};

export type ChatSocket = Socket<ServerEvents, ClientEvents>;

/** How people may sign in. */
export interface SignInMethods {
  guests: boolean;
  oidc?: { issuer: string; clientId: string };
}

/** The requests of the HTTP API that the page makes. */
export interface HttpOperations {
  /** Signs in a new guest. */
  "POST /api/session": { request: { name: string }; response: { token: string; user: User } };
  /** Tells how to sign in, and with a token also who the token stands for. */
  "GET /api/session": { request: undefined; response: SignInMethods & { user?: User } };
  /** Ends all sessions of the user. */
  "POST /api/session/sign-out-everywhere": { request: object; response: object };
}
