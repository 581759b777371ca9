// The connection to the server: one Socket.IO socket that reconnects by itself.
import { io } from "socket.io-client";
import { backoff, sleep } from "./backoff.js";
import { RequestError } from "./error.js";
import type { Answer, ChatSocket, Failure, Operation, RequestOf, ResponseOf, ServerEvents } from "./protocol.js";

const answerTimeout = 8000;
/** After a connection that lasted this long, the next attempt counts as the first again. */
const settledAfter = 10_000;
/** A connection that was silent for this long may be dead. */
const silentAfter = 30_000;

/** `lost` is followed by `connected` without doing anything. Nothing follows `closed`. */
export type ConnectionState = "connecting" | "connected" | "lost" | "closed";

export interface ConnectionOptions {
  /** Called with each new state. */
  onState?(state: ConnectionState): void;
  /** Called when the server refuses the token. Resolves to whether there is a better one, with which it connects again; else it closes. */
  onUnauthorized?(): Promise<boolean>;
  /** Called when the user has signed out everywhere, with what to tell them. Then it closes. */
  onSignedOut?(reason: string): void;
}

/**
 * Opens a socket, which sends the token that `token` returns with each attempt. Without a URL, it
 * goes to the server of the page.
 */
export function openSocket(token: () => string | Promise<string>, url?: string): ChatSocket {
  const options = {
    path: "/socket.io/",
    transports: ["websocket"],
    reconnectionDelay: 500,
    reconnectionDelayMax: 5000,
    auth: (send: (data: object) => void) => {
      void Promise.resolve(token()).then(
        (value) => send({ token: value }),
        () => send({}),
      );
    },
  };
  return url === undefined ? io(options) : io(url, { ...options, forceNew: true });
}

export class Connection {
  private current: ConnectionState = "connecting";
  private reconnect: ReturnType<typeof setTimeout> | undefined;
  private refusal: RequestError | undefined;
  private attempts = 0;
  private since = 0; // when the server has accepted it
  private lastHeard = 0; // when the server last sent anything
  private epoch = 0; // grows with every connection, and with its loss
  private readonly handlers = new Map<string, Set<(data: never) => void>>();

  /** Takes over a socket that is about to connect. */
  constructor(
    private readonly socket: ChatSocket,
    private readonly options: ConnectionOptions = {},
  ) {
    socket.io.on("open", () =>
      socket.io.engine.on("packet", () => {
        this.lastHeard = Date.now();
      }),
    );
    socket.on("connect", () => {
      this.since = Date.now();
      this.epoch++;
      this.setState("connected");
    });
    socket.on("disconnect", (reason) => {
      if (Date.now() - this.since > settledAfter) this.attempts = 0;
      this.epoch++;
      this.setState("lost");
      if (reason === "io server disconnect") this.connectLater();
    });
    socket.on("connect_error", (error: Error & { data?: { code?: string } }) => void this.handleRefusal(error));
  }

  // The client does not reconnect by itself when the server has disconnected it on purpose
  // or has refused it.
  private connectLater(): void {
    clearTimeout(this.reconnect);
    const delay = backoff(++this.attempts, { first: 1000, limit: 20_000 });
    this.reconnect = setTimeout(() => this.socket.connect(), delay);
  }

  private async handleRefusal({ message, data }: Error & { data?: { code?: string } }): Promise<void> {
    const { onUnauthorized, onSignedOut } = this.options;
    if (data?.code === "signed_out") {
      onSignedOut?.(message);
      this.end({ code: "signed_out", message });
    } else if (data?.code === "unauthorized") {
      if (!(await onUnauthorized?.())) this.end({ code: "unauthorized", message });
      else if (this.current !== "closed") this.connectLater();
    } else {
      this.setState("lost");
      if (!this.socket.active) this.connectLater();
    }
  }

  private end(failure: Failure): void {
    this.refusal ??= new RequestError(failure);
    this.close();
  }

  /** Why the server does not let the user connect any more. Then the connection is closed. */
  get endedBy(): RequestError | undefined {
    return this.refusal;
  }

  get state(): ConnectionState {
    return this.current;
  }

  get connected(): boolean {
    return this.current === "connected";
  }

  private setState(state: ConnectionState): void {
    this.current = state;
    this.options.onState?.(state);
  }

  /** Handles an event of the server, until the function that it returns is called. */
  on<E extends keyof ServerEvents>(event: E, handler: ServerEvents[E]): () => void {
    let handlers = this.handlers.get(event);
    if (!handlers) {
      const all = new Set<(data: never) => void>();
      this.handlers.set(event, all);
      handlers = all;
      forAnyEvent(this.socket).on(event, (data) => {
        for (const handle of [...all]) handle(data as never);
      });
    }
    handlers.add(handler);
    return () => void handlers.delete(handler);
  }

  /** Handles several events of the server. */
  onEach(handlers: Partial<ServerEvents>): void {
    for (const [event, handler] of Object.entries(handlers)) this.on(event as keyof ServerEvents, handler as never);
  }

  /** Closes the connection for good. */
  close(): void {
    if (this.current === "closed") return;
    clearTimeout(this.reconnect);
    this.epoch++;
    this.socket.off();
    this.socket.disconnect();
    this.setState("closed");
  }

  /** Sends a request once. Rejects when no answer comes within eight seconds. */
  async emitWithAck<O extends Operation>(operation: O, request: RequestOf<O>): Promise<Answer<O>> {
    const { socket } = this;
    if (this.current === "closed") throw new RequestError({ code: "closed", message: "The connection is closed." });
    const asked = Date.now();
    try {
      return await forAnyEvent(socket.timeout(answerTimeout)).emitWithAck(operation, request);
    } catch (cause) {
      // Heartbeats are minutes apart here, so silence is the first sign of a dead connection.
      if (socket.connected && this.lastHeard < asked) socket.io.engine.close();
      throw new RequestError({ code: "no_answer", message: "The server did not answer.", temporary: true }, cause);
    }
  }

  /** Makes a request, so often at most while no answer comes. Rejects with a RequestError when it is refused. */
  async request<O extends Operation>(operation: O, request: RequestOf<O>, attempts = 1): Promise<ResponseOf<O>> {
    for (let attempt = 1; ; attempt++) {
      try {
        const answer = await this.emitWithAck(operation, request);
        if (answer.ok) return answer;
        throw new RequestError(answer.error);
      } catch (error) {
        const unanswered = error instanceof RequestError && error.code === "no_answer";
        if (!unanswered || attempt >= attempts || this.state === "closed") throw error;
      }
    }
  }

  /**
   * Makes a request in the background and repeats it while this connection lasts. Resolves
   * to null when it is refused or the connection is lost: the next one asks anew.
   */
  async requestWhileConnected<O extends Operation>(operation: O, request: RequestOf<O>): Promise<ResponseOf<O> | null> {
    const started = this.epoch;
    for (let attempt = 1; this.epoch === started && this.state === "connected"; attempt++) {
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
    if (this.socket.connected) forAnyEvent(this.socket).emit(operation, request);
  }

  /**
   * Finds out whether a connection that was silent for a while is still there, by a question
   * about a user. Call it when the machine may have slept.
   */
  probe(userId: string): void {
    if (this.socket.connected && Date.now() - this.lastHeard > silentAfter) {
      void this.requestWhileConnected("presence", { userIds: [userId] });
    }
  }
}

/** A ChatSocket, for any operation and any event. */
interface AnySocket {
  on(event: string, handler: (data: unknown) => void): unknown;
  emit<O extends Operation>(operation: O, request: RequestOf<O>): unknown;
  emitWithAck<O extends Operation>(operation: O, request: RequestOf<O>): Promise<Answer<O>>;
}

// Socket.IO's own types say the same, but TypeScript cannot resolve them while the operation is
// a type parameter.
function forAnyEvent(socket: ChatSocket | ReturnType<ChatSocket["timeout"]>): AnySocket {
  return socket as AnySocket;
}
