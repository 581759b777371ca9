// One user's chat, without a page. Enter at connect.
import { Connection, type ConnectionOptions, type ConnectionState, openSocket } from "./connection.js";
import { RequestError } from "./error.js";
import { JoinedRooms, type ListedRoom } from "./joinedRooms.js";
import type { UnsentMessage } from "./log.js";
import { Logs, type OutboxStorage, type SendOptions } from "./logs.js";
import type {
  Answer,
  ChatSocket,
  Message,
  Operation,
  RequestOf,
  ResponseOf,
  Room,
  ServerEvents,
  User,
} from "./protocol.js";
import type { MarkStorage } from "./readMarks.js";
import { ReadState } from "./readState.js";
import { keysInMemory, openKeys, openOutbox } from "./storage.js";
import { logOf } from "./threads.js";
import { Topics } from "./topics.js";

export interface ClientOptions extends Pick<ConnectionOptions, "onUnauthorized" | "onSignedOut"> {
  /** Where the chat is, as in "https://chat.example.com". Without it, it is where the page came from. */
  url?: string;
  /** Proves who the user is. A function is called for each connection. */
  token: string | (() => string | Promise<string>);
  /** Whom the token stands for: `signInAsGuest` and `userOf` tell. */
  user: User;
  /** Keeps messages that are not sent yet: IndexedDB in a browser, else memory. */
  storage?: OutboxStorage;
  /** Keeps what was read and the server does not know yet: localStorage in a browser, else memory. */
  marks?: MarkStorage;
  /** Takes the place of a socket of its own. */
  socket?: ChatSocket;
}

/** The messages of a room or of a thread, as they are known. It does not change: there is another one after each change. */
export interface MessagesView {
  /** In the order of their positions, from the oldest that was fetched. */
  readonly messages: readonly Message[];
  /** The user's own that are not stored yet, in the order of writing. `failed` tells why sending was given up. */
  readonly unsent: readonly UnsentMessage[];
  /** Whether the newest messages are there. */
  readonly loaded: boolean;
  /** Whether older ones are being fetched. */
  readonly loading: boolean;
  /** Whether there are older ones. */
  readonly hasOlder: boolean;
}

/** Connects a user to the chat, and again whenever the connection is lost. */
export function connect(options: ClientOptions): Client {
  return new Client(options);
}

export class Client {
  readonly user: User;
  /** Up to where the user has read. */
  readonly readState: ReadState;
  private readonly connection: Connection;
  private readonly logs: Logs;
  private readonly list: JoinedRooms;
  private readonly storage: OutboxStorage;
  private readonly topics = new Topics();
  private readonly opened = new Set<string>(); // logs that are to be loaded
  private readonly views = new Map<string, MessagesView>();
  private listed: readonly ListedRoom[] | undefined;
  private synced = false;
  private syncs = 0; // grows with every connection

  constructor({ url, token, user, storage, marks, socket, ...options }: ClientOptions) {
    this.user = user;
    this.storage = storage ?? openOutbox(user.id);
    this.connection = new Connection(socket ?? openSocket(typeof token === "string" ? () => token : token, url), {
      ...options,
      onState: (state) => this.handleState(state),
    });
    const { connection } = this;
    this.readState = new ReadState({
      connection,
      storage: marks ?? openKeys() ?? keysInMemory(),
      userId: user.id,
      onChange: () => this.changedRooms(),
    });
    this.logs = new Logs({
      me: user,
      connection,
      storage: this.storage,
      readState: this.readState,
      extend: (state) => state,
      onChange: (id) => this.changed(id),
    });
    this.list = new JoinedRooms({
      connection,
      logs: this.logs,
      readState: this.readState,
      onChange: () => this.changedRooms(),
    });
    connection.onEach(this.handlers());
  }

  private handlers(): Partial<ServerEvents> {
    return {
      newMessage: (message) => this.logs.receive(message),
      messageChanged: (event) => this.logs.takeRevision(event),
      newReply: ({ message, first }) => {
        this.logs.takeRevision({ message: first, rev: first.rev ?? 0 });
        this.logs.receive(message);
      },
      replyChanged: (event) => this.logs.takeRevision(event),
      roomChanged: ({ room }) => {
        // Everyone hears of a new channel.
        if (room.kind !== "channel" || room.createdBy.id === this.user.id || this.list.has(room.id))
          this.list.put(room);
      },
      memberChanged: ({ roomId, user, change }) => {
        if (user.id !== this.user.id) return;
        if (change === "left") this.list.remove(roomId);
        else if (!this.list.has(roomId)) void this.list.refresh();
      },
      read: ({ userId, marks }) => {
        if (userId === this.user.id) this.readState.hear(marks);
      },
    };
  }

  private handleState(state: ConnectionState): void {
    if (state === "connected") void this.sync();
    else this.synced = false;
    this.logs.setOnline(state === "connected");
    this.topics.tell("state");
  }

  private async sync(): Promise<void> {
    const sync = ++this.syncs;
    if (!(await this.list.sync([...this.opened]))) return;
    await Promise.all([...this.opened].map((id) => this.logs.load(id)));
    if (sync !== this.syncs || this.state !== "connected") return;
    this.synced = true;
    this.topics.tell("synced");
  }

  private changed(id: string): void {
    this.views.delete(id);
    this.topics.tell(id);
    this.changedRooms();
  }

  private changedRooms(): void {
    this.listed = undefined;
    this.topics.tell("rooms");
  }

  /** The state of the connection. */
  get state(): ConnectionState {
    return this.connection.state;
  }

  /** Why the server has ended the session; undefined while it has not. */
  get endedBy(): RequestError | undefined {
    return this.connection.endedBy;
  }

  /** Calls a function whenever the state has changed, until what it returns is called. */
  onState(listener: () => void): () => void {
    return this.topics.add("state", listener);
  }

  /** Resolves when the rooms, and all logs that are open, are as on the server. Rejects when the session has ended. */
  ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (!this.synced && this.state !== "closed") return;
        for (const stop of stops) stop();
        if (this.synced) resolve();
        else reject(this.endedBy ?? new RequestError({ code: "closed", message: "The client is closed." }));
      };
      const stops = [this.topics.add("state", look), this.topics.add("synced", look)];
      look();
    });
  }

  /**
   * Makes a request. Without a connection it waits for one. Rejects with a RequestError: the
   * server's refusal, or `no_answer` after eight seconds. With `attempts`, it asks again then, so
   * that what is asked for must not do harm twice.
   */
  request<O extends Operation>(operation: O, request: RequestOf<O>, attempts = 1): Promise<ResponseOf<O>> {
    return this.connection.request(operation, request, attempts);
  }

  /** Makes a request, and resolves to its acknowledgement: a refusal too. Its codes are those of the operation. */
  ask<O extends Operation>(operation: O, request: RequestOf<O>): Promise<Answer<O>> {
    return this.connection.emitWithAck(operation, request);
  }

  /** Sends something that may be lost, such as `typing`. */
  emit<O extends Operation>(operation: O, request: RequestOf<O>): void {
    this.connection.emitVolatile(operation, request);
  }

  /** Handles an event of the server, until what it returns is called. It may come twice, or be missed without a connection. */
  on<E extends keyof ServerEvents>(event: E, handler: ServerEvents[E]): () => void {
    return this.connection.on(event, handler);
  }

  /** The user's rooms, those first in which something was said last. The same array until something changes. */
  rooms(): readonly ListedRoom[] {
    this.listed ??= this.list.list();
    return this.listed;
  }

  /** Calls a function whenever rooms() has changed, until what it returns is called. */
  onRooms(listener: () => void): () => void {
    return this.topics.add("rooms", listener);
  }

  /** Becomes a member of a room, and loads its newest messages. */
  async join(roomId: string): Promise<Room> {
    const answer = await this.request("joinRoom", { roomId }, 2);
    this.opened.add(roomId);
    this.list.put(answer.room);
    this.logs.receivePage(roomId, answer);
    return answer.room;
  }

  /**
   * Keeps the messages of a room of the user, or of a thread in it, here and up to date. Resolves
   * when an attempt to load them has ended; without a connection, the next one loads them.
   */
  async open(roomId: string, threadOf?: number): Promise<void> {
    const id = logOf({ roomId, threadOf });
    this.opened.add(id);
    await this.logs.load(id);
  }

  /** The messages of a room or a thread. The same object until something changes. */
  messages(roomId: string, threadOf?: number): MessagesView {
    const id = logOf({ roomId, threadOf });
    const known = this.views.get(id);
    if (known) return known;
    const { log, loading } = this.logs.of(id);
    const { loaded, oldest } = log;
    const view = {
      messages: [...log.list()],
      unsent: log.listDrafts(),
      loaded,
      loading,
      hasOlder: loaded && oldest > 1,
    };
    this.views.set(id, view);
    return view;
  }

  /** Calls a function whenever messages() of a room or a thread has changed, until what it returns is called. */
  onMessages(roomId: string, listener: () => void, threadOf?: number): () => void {
    return this.topics.add(logOf({ roomId, threadOf }), listener);
  }

  /** Loads older messages, if there are any: as many as `limit` says, 50 unless given and at most 100. */
  loadOlder(roomId: string, { threadOf, limit }: { threadOf?: number; limit?: number } = {}): Promise<void> {
    return this.logs.loadOlder(logOf({ roomId, threadOf }), limit);
  }

  /**
   * Sends a message, now or when there is a connection, and in the order of writing. It is stored
   * once, however often it has to be sent. Returns its tempId.
   */
  send(roomId: string, text: string, { threadOf, ...options }: SendOptions & { threadOf?: number } = {}): string {
    return this.logs.send(logOf({ roomId, threadOf }), text, options);
  }

  /** Sends a message again that was given up. */
  retry(roomId: string, tempId: string, threadOf?: number): void {
    this.logs.retry(logOf({ roomId, threadOf }), tempId);
  }

  /** Drops a message that was given up. */
  discard(roomId: string, tempId: string, threadOf?: number): void {
    this.logs.discard(logOf({ roomId, threadOf }), tempId);
  }

  /** Records that the user has seen a room up to a position. The server is told within two seconds. */
  see(roomId: string, seq: number): void {
    this.readState.see(roomId, seq);
  }

  /** Ends the connection. What is not sent stays in the storage, for the next client of the same user. */
  close(): void {
    this.readState.close();
    this.connection.close();
    this.logs.close();
  }

  /** Closes, and forgets what is not sent: for somebody who signs out. */
  async forget(): Promise<void> {
    this.close();
    await this.storage.clear();
  }
}
