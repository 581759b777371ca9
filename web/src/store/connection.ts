// The connection to the server: one Socket.IO socket that reconnects by itself.
import type { Answer, ChatSocket, Operation, RequestOf, ResponseOf, ServerEvents } from "@confab/chat";
import { backoff, sleep } from "@confab/chat";
import { signal } from "@preact/signals";
import { io } from "socket.io-client";
import { signedOut } from "../core/session";
import type { ToastStore } from "./toast";

const answerTimeout = 8000;
/** After a connection that lasted this long, the next attempt counts as the first again. */
const settledAfter = 10_000;
/** A connection that is back this soon was never shown as lost. */
const shownLostAfter = 1000;
/** A connection that was silent for this long may be dead. */
const silentAfter = 30_000;

export interface ConnectionHandlers {
  onConnect(): void;
  onDisconnect(): void;
  /** Called when the server refuses the token. Resolves to whether there is a better one. */
  onUnauthorized(): Promise<boolean>;
  /** Called when the user has signed out everywhere, with what to tell them. */
  onSignedOut(reason: string): void;
  events: ServerEvents;
}

/** Opens a socket that sends the token that `token` returns, with each attempt. */
export type OpenSocket = (token: () => string) => ChatSocket;

export const openSocket: OpenSocket = (token) =>
  io({
    path: "/socket.io/",
    transports: ["websocket"],
    reconnectionDelay: 500,
    reconnectionDelayMax: 5000,
    auth: (send) => send({ token: token() }),
  });

export type ConnectionState = "connecting" | "connected" | "lost";

export class Connection {
  readonly state = signal<ConnectionState>("connecting");
  /** What the page shows of the state. Every connection is cut after two hours, and soon back. */
  readonly shown = signal<ConnectionState>("connecting");
  private showLost: ReturnType<typeof setTimeout> | undefined;
  private socket: ChatSocket | null = null;
  private reconnect: ReturnType<typeof setTimeout> | undefined;
  private lastHeard = 0; // when the server last sent anything
  private epoch = 0; // grows with every connection, and with its loss

  constructor(private readonly toast: ToastStore) {}

  open(socket: ChatSocket, { onConnect, onDisconnect, onUnauthorized, onSignedOut, events }: ConnectionHandlers): void {
    this.socket = socket;
    let attempts = 0;
    let since = 0;

    // The client does not reconnect by itself when the server has disconnected it on purpose
    // or has refused it.
    const connectLater = () => {
      clearTimeout(this.reconnect);
      this.reconnect = setTimeout(() => socket.connect(), backoff(++attempts, { first: 1000, limit: 20_000 }));
    };

    socket.io.on("open", () =>
      socket.io.engine.on("packet", () => {
        this.lastHeard = Date.now();
      }),
    );
    socket.on("connect", () => {
      since = Date.now();
      this.epoch++;
      this.setState("connected");
      onConnect();
    });
    socket.on("disconnect", (reason) => {
      if (Date.now() - since > settledAfter) attempts = 0;
      this.epoch++;
      this.setState("lost");
      onDisconnect();
      if (reason === "io server disconnect") connectLater();
    });
    socket.on("connect_error", (error: Error & { data?: { code?: string } }) => {
      if (error.data?.code === signedOut) return onSignedOut(error.message);
      if (error.data?.code === "unauthorized") {
        void onUnauthorized().then((better) => better && this.socket === socket && connectLater());
        return;
      }
      this.setState("lost");
      if (!socket.active) connectLater();
    });
    socket.on("newMessage", events.newMessage);
    socket.on("messageChanged", events.messageChanged);
    socket.on("newReply", events.newReply);
    socket.on("replyChanged", events.replyChanged);
    socket.on("followChanged", events.followChanged);
    socket.on("typing", events.typing);
    socket.on("roomChanged", events.roomChanged);
    socket.on("invited", events.invited);
    socket.on("invitationDeclined", events.invitationDeclined);
    socket.on("memberChanged", events.memberChanged);
    socket.on("read", events.read);
    socket.on("presence", events.presence);
    socket.on("userOnline", events.userOnline);
    socket.on("userOffline", events.userOffline);
  }

  /** Closes the connection for good. */
  close(): void {
    clearTimeout(this.reconnect);
    this.epoch++;
    this.socket?.off();
    this.socket?.disconnect();
    this.socket = null;
    this.setState("connecting");
  }

  private setState(state: ConnectionState): void {
    this.state.value = state;
    if (state === "lost" && this.shown.peek() === "connected") {
      this.showLost ??= setTimeout(() => {
        this.shown.value = "lost";
      }, shownLostAfter);
      return;
    }
    clearTimeout(this.showLost);
    this.showLost = undefined;
    this.shown.value = state;
  }

  /** Sends a request once. Rejects when no answer comes in time. */
  async emitWithAck<O extends Operation>(operation: O, request: RequestOf<O>): Promise<Answer<O>> {
    const { socket } = this;
    if (!socket) throw new Error("The connection is closed.");
    const asked = Date.now();
    try {
      return await forAnyOperation(socket.timeout(answerTimeout)).emitWithAck(operation, request);
    } catch (error) {
      // Heartbeats are minutes apart here, so silence is the first sign of a dead connection.
      if (socket.connected && this.lastHeard < asked) socket.io.engine.close();
      throw error;
    }
  }

  /** Makes a request for the user. Shows what went wrong, and then resolves to null. */
  async request<O extends Operation>(operation: O, request: RequestOf<O>, attempts = 1): Promise<ResponseOf<O> | null> {
    for (let attempt = 1; ; attempt++) {
      try {
        const answer = await this.emitWithAck(operation, request);
        if (answer.ok) return answer;
        this.toast.show(answer.error.message);
        return null;
      } catch {
        if (!this.socket) return null; // closed meanwhile
        if (attempt < attempts) continue;
        this.toast.show("The server did not answer. Please try again.");
        return null;
      }
    }
  }

  /**
   * Makes a request in the background and repeats it while this connection lasts. Resolves
   * to null when it is refused or the connection is lost: the next one asks anew.
   */
  async requestWhileConnected<O extends Operation>(operation: O, request: RequestOf<O>): Promise<ResponseOf<O> | null> {
    const started = this.epoch;
    for (let attempt = 1; this.epoch === started && this.state.value === "connected"; attempt++) {
      try {
        const answer = await this.emitWithAck(operation, request);
        if (answer.ok) return answer;
        if (!answer.error.temporary) return null;
      } catch {
        // No answer: try again.
      }
      if (this.epoch === started) await sleep(backoff(attempt));
    }
    return null;
  }

  /** Sends something that may be lost. */
  emitVolatile<O extends Operation>(operation: O, request: RequestOf<O>): void {
    if (this.socket?.connected) forAnyOperation(this.socket).emit(operation, request);
  }

  /** Finds out whether a connection that was silent for a while is still there. */
  probe(userId: string): void {
    if (this.socket?.connected && Date.now() - this.lastHeard > silentAfter) {
      void this.requestWhileConnected("presence", { userIds: [userId] });
    }
  }
}

/** A ChatSocket's two ways to send. */
interface OperationSocket {
  emit<O extends Operation>(operation: O, request: RequestOf<O>): unknown;
  emitWithAck<O extends Operation>(operation: O, request: RequestOf<O>): Promise<Answer<O>>;
}

// Socket.IO's own types say the same, but TypeScript cannot resolve them while the operation is
// a type parameter.
function forAnyOperation(socket: ChatSocket | ReturnType<ChatSocket["timeout"]>): OperationSocket {
  return socket as OperationSocket;
}
