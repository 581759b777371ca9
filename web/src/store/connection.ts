// The connection to the server, as the page shows it.
import type { Answer, ChatSocket, Operation, RequestOf, ResponseOf, ServerEvents } from "@confab/chat";
import {
  Connection as ChatConnection,
  type ConnectionOptions,
  type ConnectionState,
  type RequestError,
} from "@confab/chat";
import { signal } from "@preact/signals";
import type { ToastStore } from "./toast";

/** A connection that is back this soon was never shown as lost. */
const shownLostAfter = 1000;

/** A closed connection is shown no more. */
type State = Exclude<ConnectionState, "closed">;

export interface ConnectionHandlers extends Pick<Required<ConnectionOptions>, "onUnauthorized" | "onSignedOut"> {
  onConnect(): void;
  onDisconnect(): void;
  events: ServerEvents;
}

export class Connection {
  readonly state = signal<State>("connecting");
  /** What the page shows of the state. Every connection is cut after two hours, and soon back. */
  readonly shown = signal<State>("connecting");
  private showLost: ReturnType<typeof setTimeout> | undefined;
  private chat: ChatConnection | null = null;

  constructor(private readonly toast: ToastStore) {}

  open(socket: ChatSocket, { onConnect, onDisconnect, events, ...options }: ConnectionHandlers): void {
    this.chat = new ChatConnection(socket, {
      ...options,
      onState: (state) => {
        const before = this.state.peek();
        this.setState(state === "closed" ? "connecting" : state);
        if (state === "connected") onConnect();
        else if (before === "connected") onDisconnect();
      },
    });
    this.chat.onEach(events);
  }

  get connected(): boolean {
    return this.state.peek() === "connected";
  }

  /** Closes the connection for good. */
  close(): void {
    this.chat?.close();
  }

  private setState(state: State): void {
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
    if (!this.chat) throw new Error("The connection is not open.");
    return this.chat.emitWithAck(operation, request);
  }

  /** Makes a request for the user. Shows what went wrong, and then resolves to null. */
  async request<O extends Operation>(operation: O, request: RequestOf<O>, attempts = 1): Promise<ResponseOf<O> | null> {
    try {
      return (await this.chat?.request(operation, request, attempts)) ?? null;
    } catch (error) {
      const { code, message } = error as RequestError;
      if (this.chat?.state === "closed") return null;
      this.toast.show(code === "no_answer" ? "The server did not answer. Please try again." : message);
      return null;
    }
  }

  /**
   * Makes a request in the background and repeats it while this connection lasts. Resolves
   * to null when it is refused or the connection is lost: the next one asks anew.
   */
  async requestWhileConnected<O extends Operation>(operation: O, request: RequestOf<O>): Promise<ResponseOf<O> | null> {
    return (await this.chat?.requestWhileConnected(operation, request)) ?? null;
  }

  /** Sends something that may be lost. */
  emitVolatile<O extends Operation>(operation: O, request: RequestOf<O>): void {
    this.chat?.emitVolatile(operation, request);
  }

  /** Finds out whether a connection that was silent for a while is still there. */
  probe(userId: string): void {
    this.chat?.probe(userId);
  }
}
