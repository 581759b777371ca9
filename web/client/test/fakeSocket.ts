import type { Answer, ChatSocket, Operation, RequestOf, ServerEvents } from "../src/protocol.js";

type Replies = { [O in Operation]?: (request: RequestOf<O>) => Answer<O> | "silence" };

/** A socket whose server is in the test's hands. */
export class FakeSocket {
  connected = false;
  active = true;
  /** Every operation that was sent. */
  readonly sent: [Operation, unknown][] = [];
  closedEngine = 0;
  connects = 0;
  readonly io = {
    on: () => {},
    engine: { on: () => {}, close: () => void this.closedEngine++ },
  };
  private handlers = new Map<string, (...args: unknown[]) => void>();

  constructor(
    readonly token: () => string,
    private readonly replies: Replies,
  ) {}

  /** The socket as a client types it. */
  get asChatSocket(): ChatSocket {
    return this as unknown as ChatSocket;
  }

  on(event: string, handler: (...args: unknown[]) => void): void {
    this.handlers.set(event, handler);
  }

  off(): void {
    this.handlers.clear();
  }

  connect(): void {
    this.connects++;
  }

  disconnect(): void {
    this.connected = false;
  }

  emit(operation: Operation, request: unknown): void {
    this.sent.push([operation, request]);
  }

  timeout() {
    return {
      emitWithAck: async <O extends Operation>(operation: O, request: RequestOf<O>): Promise<Answer<O>> => {
        this.sent.push([operation, request]);
        const answer = this.replies[operation]?.(request) ?? "silence";
        if (answer === "silence") throw new Error("operation has timed out");
        return answer;
      },
    };
  }

  /** The requests of one operation. */
  requests<O extends Operation>(operation: O): RequestOf<O>[] {
    return this.sent.filter(([name]) => name === operation).map(([, request]) => request as RequestOf<O>);
  }

  accept(): void {
    this.connected = true;
    this.handlers.get("connect")?.();
  }

  lose(reason = "transport close"): void {
    this.connected = false;
    this.handlers.get("disconnect")?.(reason);
  }

  refuse(code: string, message = "refused"): void {
    this.active = false;
    this.handlers.get("connect_error")?.(Object.assign(new Error(message), { data: { code } }));
  }

  /** Sends an event of the server. */
  push<E extends keyof ServerEvents>(event: E, ...args: Parameters<ServerEvents[E]>): void {
    this.handlers.get(event)?.(...args);
  }
}
