// The logs of the rooms and of their threads as the page shows them, and what the user does with messages.
// Each log has an id: see threads.ts of @confab/chat.
import type {
  Attachment,
  LogState,
  Message,
  Page,
  RequestOf,
  ResponseOf,
  ServerEvents,
  SyncedRoom,
  Typed,
  User,
} from "@confab/chat";
import { Logs, logOf, partsOf, sleep } from "@confab/chat";
import { type Signal, signal } from "@preact/signals";
import type { Connection } from "./connection";
import type { People } from "./people";
import type { ReadState } from "./readState";

/** A log as the page shows it. */
export interface LogView extends LogState {
  /** Grows with every change. */
  version: Signal<number>;
  /** The position of the user's newest message, or 0. */
  newestOwn: Signal<number>;
  /** The message that the next one answers. */
  replyTo: Signal<Message | null>;
  /** The position that the list is to show, as soon as it is there. */
  target: Signal<Target | null>;
}

/** A message that the list is to show. */
export interface Target {
  seq: number;
  /** Whether it gets the focus. */
  focus: boolean;
}

/** How many positions a page may have. */
const mostAtOnce = 100;

/** Up to where rooms are known. */
export type Known = NonNullable<RequestOf<"sync">["rooms"]>;

export class Messages {
  /** Called with each message that the user has said or edited on this page, once it is stored. */
  onSaid: (message: Message) => void = () => {};
  private readonly logs: Logs<LogView>;
  private readonly quoted = new Set<string>(); // messages that were fetched to be quoted

  /** Shows the unsent messages that are left from earlier, and sends them. */
  constructor(
    me: User,
    private readonly connection: Connection,
    private readonly people: People,
    readState: ReadState,
    typed: Typed,
  ) {
    this.logs = new Logs<LogView>({
      me,
      connection,
      storage: typed,
      readState,
      extend: (state) =>
        Object.assign(state, { version: signal(0), newestOwn: signal(0), replyTo: signal(null), target: signal(null) }),
      onChange(_, { version }) {
        version.value++;
      },
      onMessage: (message, { log, newestOwn }) => {
        const { sender, seq, tempId } = message;
        people.add(sender);
        if (sender.id !== me.id) return;
        newestOwn.value = Math.max(newestOwn.peek(), seq);
        if (log.listDrafts().some((draft) => draft.tempId === tempId)) this.onSaid(message);
      },
    });
  }

  /** Stops sending for good. */
  close(): void {
    this.logs.close();
  }

  /** Sets whether there is a connection to send on. */
  setOnline(online: boolean): void {
    this.logs.setOnline(online);
  }

  viewOf(id: string): LogView {
    return this.logs.of(id);
  }

  /** Sends a message to a room or a thread, as a reply if the user has chosen a message to answer. */
  send(roomId: string, text: string, attachments: Attachment[] = [], mentions: string[] = []): void {
    const { replyTo } = this.viewOf(roomId);
    const answered = replyTo.peek()?.seq;
    replyTo.value = null;
    this.logs.send(roomId, text, {
      ...(answered !== undefined && { replyTo: answered }),
      ...(attachments.length > 0 && { attachments }),
      ...(mentions.length > 0 && { mentions }),
    });
  }

  /** Sends a message again that has failed. Meanwhile it may mention others only. */
  retry(roomId: string, tempId: string, mayMention?: (id: string) => boolean): void {
    this.logs.retry(roomId, tempId, mayMention);
  }

  /** Drops a message that has failed. */
  discard(roomId: string, tempId: string): void {
    this.logs.discard(roomId, tempId);
  }

  /** Adds a message that came as an event. */
  receive(message: Message): void {
    this.logs.receive(message);
    if (message.threadOf === undefined) this.people.setTyping(message.roomId, message.sender, false);
  }

  /** Adds the first message of a thread, whose page need not be loaded. */
  addFirst(first: Message): void {
    this.logs.addOne(first);
  }

  /** Handles messageChanged, and replyChanged. */
  readonly messageChanged: ServerEvents["messageChanged"] = (event) => this.logs.takeRevision(event);

  /** Replaces the text of one of the user's messages, and whom it mentions. Resolves to whether the server has stored it. */
  async edit(message: Message, text: string, mentions?: string[]): Promise<boolean> {
    const { seq, version = 0 } = message;
    const request = { ...partsOf(logOf(message)), seq, text, version, ...(mentions && { mentions }) };
    // The same edit again does no harm, so it is repeated once when no answer comes.
    const answer = await this.connection.request("editMessage", request, 2);
    if (answer) this.onSaid(answer.message);
    return this.takeRevision(answer);
  }

  async delete(message: Message): Promise<boolean> {
    const request = { ...partsOf(logOf(message)), seq: message.seq };
    return this.takeRevision(await this.connection.request("deleteMessage", request, 2));
  }

  async pin({ roomId, seq }: Message, on: boolean): Promise<boolean> {
    return this.takeRevision(await this.connection.request("pin", { roomId, seq, on }, 2));
  }

  /** Reacts with an emoji, or ends that. Resolves to whether the server has stored it. */
  async react(message: Message, emoji: string, on: boolean): Promise<boolean> {
    const request = { ...partsOf(logOf(message)), seq: message.seq, emoji, on };
    return this.takeRevision(await this.connection.request("react", request, 2));
  }

  /** Asks whether the user has reacted with an emoji, where the message does not tell. */
  async hasReacted(message: Message, emoji: string): Promise<boolean> {
    const request = { ...partsOf(logOf(message)), seq: message.seq, emoji };
    return (await this.connection.request("reactions", request))?.mine ?? false;
  }

  /** A page of those who have reacted with an emoji, those after a user. */
  whoReacted(message: Message, emoji: string, after?: string): Promise<ResponseOf<"reactions"> | null> {
    const request = { ...partsOf(logOf(message)), seq: message.seq, emoji, ...(after !== undefined && { after }) };
    return this.connection.requestWhileConnected("reactions", request);
  }

  private takeRevision(answer: { message: Message } | null): boolean {
    if (answer) this.messageChanged({ message: answer.message, rev: answer.message.rev ?? 0 });
    return answer !== null;
  }

  /** Adds a page of history. */
  receivePage(roomId: string, page: Page): void {
    this.logs.receivePage(roomId, page);
  }

  /** Loads the page before the oldest message, if there is one. */
  loadOlder(roomId: string, limit?: number): Promise<void> {
    return this.logs.loadOlder(roomId, limit);
  }

  /** The message at a position, if it is known. One that is not loaded is fetched once. */
  find(roomId: string, seq: number): Message | undefined {
    const { log } = this.viewOf(roomId);
    const key = `${roomId}.${seq}`;
    if (!log.get(seq) && !this.quoted.has(key)) {
      this.quoted.add(key);
      void this.fetchOne(roomId, seq);
    }
    return log.get(seq);
  }

  private async fetchOne(roomId: string, seq: number): Promise<void> {
    const page = await this.logs.fetchPage(roomId, { after: seq - 1, limit: 1 });
    if (!page) this.quoted.delete(`${roomId}.${seq}`); // the next one to look asks again
    for (const message of page?.messages ?? []) this.logs.addOne(message);
    this.viewOf(roomId).version.value++;
  }

  /** Shows the message at a position, or the first one after it, and loads all that is between. */
  async goTo(roomId: string, seq: number, focus = true): Promise<void> {
    const view = this.viewOf(roomId);
    while (view.log.loaded && view.log.oldest > seq && this.connection.state.peek() === "connected") {
      if (view.loading) await sleep(50);
      else await this.loadOlder(roomId, mostAtOnce);
    }
    const first = view.log.list()[view.log.indexOf(seq)];
    view.target.value = first ? { seq: first.seq, focus } : null;
  }

  /** Fetches what a room's log has missed while the connection was lost. */
  catchUp(roomId: string): Promise<void> {
    return this.logs.catchUp(roomId);
  }

  /** The ids of the rooms whose logs are loaded. */
  loadedRooms(): string[] {
    return this.logs.loaded().filter((id) => partsOf(id).threadOf === undefined);
  }

  /** Up to where rooms are known, to ask what is new since. */
  known(roomIds: string[]): Known {
    return this.logs.known(roomIds);
  }

  /** Takes over a room's last message, and what is new since it was known. */
  sync(room: SyncedRoom): void {
    this.logs.sync(room);
  }

  /** Drops the log of a room that the user has left, and its threads. */
  dropLog(roomId: string): void {
    this.logs.drop(roomId);
  }
}
