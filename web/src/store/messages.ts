// The logs of the rooms and of their threads, and the messages that are being sent. Each log has an id:
// see threads.ts of @confab/chat.
import type {
  Attachment,
  AttachmentRef,
  Message,
  Page,
  Preview,
  RequestOf,
  ResponseOf,
  ServerEvents,
  SyncedRoom,
  Typed,
  User,
} from "@confab/chat";
import { CatchUp, logOf, newId, Outbox, partsOf, Revisions, RoomLog, sleep } from "@confab/chat";
import { type Signal, signal } from "@preact/signals";
import type { Connection } from "./connection";
import type { People } from "./people";
import type { ReadState } from "./readState";

/** A log as the page shows it. */
export interface LogView {
  log: RoomLog;
  /** Grows with every change. */
  version: Signal<number>;
  /** The newest message known, whether or not its page is loaded. */
  latest: Preview | undefined;
  catchUp: CatchUp;
  revisions: Revisions;
  loading: boolean;
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

const pageSize = 100;

/** Up to where rooms are known. */
export type Known = NonNullable<RequestOf<"sync">["rooms"]>;

/** What a request says of an uploaded file. The server knows the rest. */
const refOf = ({ name: _n, type: _t, size: _s, ...ref }: Attachment): AttachmentRef => ref;

export class Messages {
  private readonly views = new Map<string, LogView>();
  private readonly outbox: Outbox;
  private readonly quoted = new Set<string>(); // messages that were fetched to be quoted

  /** Shows the unsent messages that are left from earlier, and sends them. */
  constructor(
    private readonly me: User,
    private readonly connection: Connection,
    private readonly people: People,
    private readonly readState: ReadState,
    private readonly typed: Typed,
  ) {
    this.outbox = new Outbox({
      send: ({ roomId, text, tempId, replyTo, attachments, mentions = [] }) =>
        connection.emitWithAck("sendMessage", {
          ...partsOf(roomId),
          text,
          tempId,
          ...(replyTo !== undefined && { replyTo }),
          ...(attachments && { attachments: attachments.map(refOf) }),
          ...(mentions.length > 0 && { mentions }),
        }),
      onSent: (message) => this.receive(message),
      onFailed: ({ roomId, tempId }, reason) => {
        this.viewOf(roomId).log.failDraft(tempId, reason);
        this.changed(roomId);
      },
      typed,
    });
    typed.adopt((unsent) => {
      this.viewOf(unsent.roomId).log.addDraft({ ...unsent });
      this.changed(unsent.roomId);
      this.outbox.adopt(unsent);
    });
  }

  /** Stops sending for good. */
  close(): void {
    this.outbox.close();
    this.typed.close();
  }

  /** Sets whether there is a connection to send on. */
  setOnline(online: boolean): void {
    this.outbox.setOnline(online);
  }

  viewOf(id: string): LogView {
    let view = this.views.get(id);
    if (!view) {
      const log = new RoomLog(this.me.id);
      const catchUp = new CatchUp({
        log,
        fetch: (after) => this.fetchAfter(id, after),
        onChange: () => {
          this.changed(id);
          void this.viewOf(id).revisions.fill();
        },
        online: () => this.connection.state.value === "connected" && this.views.get(id)?.log === log,
      });
      const revisions = new Revisions({
        log,
        fetch: (after) => this.connection.requestWhileConnected("changes", { ...partsOf(id), after, limit: pageSize }),
        onChange: () => this.changed(id),
      });
      view = {
        log,
        version: signal(0),
        latest: undefined,
        loading: false,
        catchUp,
        revisions,
        newestOwn: signal(0),
        replyTo: signal(null),
        target: signal(null),
      };
      this.views.set(id, view);
    }
    return view;
  }

  private async fetchAfter(id: string, after: number): Promise<Page | undefined> {
    const { roomId, threadOf } = partsOf(id);
    const part = { after, limit: pageSize };
    const answer =
      threadOf === undefined
        ? await this.connection.emitWithAck("history", { roomId, ...part })
        : await this.connection.emitWithAck("thread", { roomId, seq: threadOf, ...part });
    if (answer.ok) {
      for (const message of answer.messages) this.note(this.viewOf(id), message);
      return answer;
    }
    if (answer.error.code === "forbidden" || answer.error.code === "not_found") return undefined;
    throw new Error(answer.error.message);
  }

  // Asks for a part of a log.
  private fetchPage(id: string, part: { before?: number; after?: number; limit?: number }): Promise<Page | null> {
    const { roomId, threadOf } = partsOf(id);
    return threadOf === undefined
      ? this.connection.requestWhileConnected("history", { roomId, ...part })
      : this.connection.requestWhileConnected("thread", { roomId, seq: threadOf, ...part });
  }

  private changed(id: string): void {
    const view = this.viewOf(id);
    const last = view.log.list().at(-1);
    if (last && last.seq >= (view.latest?.seq ?? 0)) view.latest = last;
    view.version.value++;
  }

  /** Sends a message to a room or a thread, as a reply if the user has chosen a message to answer. */
  send(roomId: string, text: string, attachments: Attachment[] = [], mentions: string[] = []): void {
    const view = this.viewOf(roomId);
    const replyTo = view.replyTo.peek()?.seq;
    const outgoing = {
      roomId,
      text,
      tempId: newId(),
      at: Date.now(),
      ...(replyTo !== undefined && { replyTo }),
      ...(attachments.length > 0 && { attachments }),
      ...(mentions.length > 0 && { mentions }),
    };
    view.replyTo.value = null;
    view.log.addDraft({ ...outgoing });
    this.changed(roomId);
    this.outbox.add(outgoing);
  }

  /** Sends a message again that has failed. Meanwhile it may mention others only. */
  retry(roomId: string, tempId: string, mayMention?: (id: string) => boolean): void {
    const { log } = this.viewOf(roomId);
    const draft = log.listDrafts().find((d) => d.tempId === tempId);
    if (!draft) return;
    const { failed: _, ...again } = draft;
    log.addDraft(again);
    this.changed(roomId);
    this.outbox.retry(tempId, mayMention);
  }

  /** Drops a message that has failed. */
  discard(roomId: string, tempId: string): void {
    this.outbox.remove(tempId);
    this.viewOf(roomId).log.removeDraft(tempId);
    this.changed(roomId);
  }

  /** Adds a message that came as an acknowledgement or as an event. */
  receive(message: Message): void {
    const { roomId, sender, threadOf } = message;
    const id = logOf(message);
    const view = this.viewOf(id);
    // A writer has read what is above, on any device. A repetition says nothing new.
    if (sender.id === this.me.id && threadOf === undefined && !view.log.get(message.seq))
      this.readState.noteSent(roomId, message.seq);
    this.note(view, message);
    view.log.add(message);
    if (threadOf === undefined) this.people.setTyping(roomId, sender, false);
    this.changed(id);
    void view.catchUp.fill();
  }

  /** Adds the first message of a thread, whose page need not be loaded. */
  addFirst(first: Message): void {
    this.viewOf(first.roomId).log.add(first);
    this.changed(first.roomId);
  }

  /** Handles messageChanged, and replyChanged. */
  readonly messageChanged: ServerEvents["messageChanged"] = ({ message, rev }) => {
    const id = logOf(message);
    const view = this.views.get(id);
    if (!view) return;
    this.note(view, message);
    view.log.addRevision(message, rev);
    this.changed(id);
    void view.revisions.fill();
  };

  /** Replaces the text of one of the user's messages, and whom it mentions. Resolves to whether the server has stored it. */
  async edit(message: Message, text: string, mentions?: string[]): Promise<boolean> {
    const { seq, version = 0 } = message;
    const request = { ...partsOf(logOf(message)), seq, text, version, ...(mentions && { mentions }) };
    // The same edit again does no harm, so it is repeated once when no answer comes.
    return this.takeRevision(await this.connection.request("editMessage", request, 2));
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
    const view = this.viewOf(roomId);
    for (const message of page.messages) this.note(view, message);
    view.log.addPage(page);
    this.changed(roomId);
    void view.catchUp.fill();
    void view.revisions.fill();
  }

  // Records what a message says besides its text.
  private note(view: LogView, message: Message): void {
    this.people.add(message.sender);
    if (message.sender.id === this.me.id) {
      view.newestOwn.value = Math.max(view.newestOwn.peek(), message.seq);
      if (message.tempId !== undefined) this.outbox.remove(message.tempId);
    }
    if (isLater(message, view.latest)) view.latest = message;
  }

  /** Loads the page before the oldest message, if there is one. */
  async loadOlder(roomId: string, limit?: number): Promise<void> {
    const view = this.viewOf(roomId);
    if (view.loading || !view.log.loaded || view.log.oldest <= 1) return;
    view.loading = true;
    view.version.value++;
    const page = await this.fetchPage(roomId, { before: view.log.oldest, ...(limit && { limit }) });
    view.loading = false;
    if (page && this.views.get(roomId) === view) this.receivePage(roomId, page);
    else view.version.value++;
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
    const page = await this.fetchPage(roomId, { after: seq - 1, limit: 1 });
    if (!page) this.quoted.delete(`${roomId}.${seq}`); // the next one to look asks again
    for (const message of page?.messages ?? []) this.viewOf(roomId).log.add(message);
    this.changed(roomId);
  }

  /** Shows the message at a position, or the first one after it, and loads all that is between. */
  async goTo(roomId: string, seq: number, focus = true): Promise<void> {
    const view = this.viewOf(roomId);
    while (view.log.loaded && view.log.oldest > seq && this.connection.state.peek() === "connected") {
      if (view.loading) await sleep(50);
      else await this.loadOlder(roomId, pageSize);
    }
    const first = view.log.list()[view.log.indexOf(seq)];
    view.target.value = first ? { seq: first.seq, focus } : null;
  }

  /** Fetches what a room's log has missed while the connection was lost. */
  async catchUp(roomId: string): Promise<void> {
    await this.views.get(roomId)?.catchUp.refresh();
  }

  /** The ids of the rooms whose logs are loaded. */
  loadedRooms(): string[] {
    return [...this.views].flatMap(([id, { log }]) => (log.loaded && partsOf(id).threadOf === undefined ? id : []));
  }

  /** Up to where rooms are known, to ask what is new since. */
  known(roomIds: string[]): Known {
    const at = ({ log }: LogView) => ({ seq: log.complete, rev: log.revision });
    return Object.fromEntries(roomIds.map((id) => [id, at(this.viewOf(id))]));
  }

  /** Takes over a room's last message, and what is new since it was known. */
  sync({ id, last, news }: SyncedRoom): void {
    const view = this.viewOf(id);
    if (news && view.log.loaded) {
      view.log.addChanges(news.changes.messages, news.changes.rev);
      this.receivePage(id, news);
    }
    if (!last || !isLater(last, view.latest)) return;
    view.latest = last;
    view.version.value++;
  }

  /** Drops the log of a room that the user has left, and its threads. */
  dropLog(roomId: string): void {
    for (const id of [...this.views.keys()]) if (partsOf(id).roomId === roomId) this.views.delete(id);
  }
}

/** Whether a message comes after another, or is a later state of it. */
function isLater(message: Preview, other: Preview | undefined): boolean {
  if (!other) return true;
  return message.seq > other.seq || (message.seq === other.seq && (message.rev ?? 0) > (other.rev ?? 0));
}
