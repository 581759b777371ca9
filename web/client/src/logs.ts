// The logs of the rooms and of their threads, and the messages that are being sent. Each log has an id:
// see threads.ts.
import { CatchUp } from "./catchup.js";
import { newId } from "./id.js";
import { RoomLog } from "./log.js";
import { Outbox, type Outgoing } from "./outbox.js";
import type {
  Attachment,
  AttachmentRef,
  Known,
  Message,
  MessageChanged,
  Page,
  Preview,
  SyncedRoom,
  User,
} from "./protocol.js";
import type { ReadState } from "./readState.js";
import type { Requests } from "./requests.js";
import { Revisions } from "./revisions.js";
import { logOf, partsOf } from "./threads.js";
import type { Typed } from "./typed.js";

/** Where unsent messages are kept. */
export type OutboxStorage = Pick<Typed, "keep" | "forget" | "adopt" | "close" | "clear">;

/** What a message may have beside its text. */
export type SendOptions = Omit<Outgoing, "roomId" | "text" | "tempId" | "at" | "failed">;

/** What is known of a log. */
export interface LogState {
  readonly log: RoomLog;
  readonly catchUp: CatchUp;
  readonly revisions: Revisions;
  /** The newest message known, whether or not its page is loaded. */
  latest: Preview | undefined;
  /** Older messages are being fetched. */
  loading: boolean;
}

export interface LogsOptions<State extends LogState> {
  me: User;
  connection: Requests;
  storage: OutboxStorage;
  /** Hears what the user has sent: a writer has read what is above, on any device. */
  readState: Pick<ReadState, "noteSent">;
  /** Adds what the application keeps with a log. */
  extend(state: LogState): State;
  /** Called after each change of a log. */
  onChange(id: string, state: State): void;
  /** Called with each message that comes, before it is added. */
  onMessage?(message: Message, state: State): void;
}

const pageSize = 100;

/** What a request says of an uploaded file. The server knows the rest. */
const refOf = ({ name: _n, type: _t, size: _s, ...ref }: Attachment): AttachmentRef => ref;

export class Logs<State extends LogState = LogState> {
  private readonly states = new Map<string, State>();
  private readonly outbox: Outbox;

  /** Shows the unsent messages that are left from earlier, and sends them. */
  constructor(private readonly options: LogsOptions<State>) {
    const { connection, storage } = options;
    this.outbox = new Outbox({
      send: ({ roomId: id, at: _, failed: __, attachments, mentions = [], ...message }) =>
        connection.emitWithAck("sendMessage", {
          ...message,
          ...partsOf(id),
          ...(attachments && { attachments: attachments.map(refOf) }),
          ...(mentions.length > 0 && { mentions }),
        }),
      onSent: (message) => this.receive(message),
      onFailed: ({ roomId: id, tempId }, reason) => {
        this.of(id).log.failDraft(tempId, reason);
        this.changed(id);
      },
      typed: storage,
    });
    storage.adopt((unsent) => {
      this.of(unsent.roomId).log.addDraft({ ...unsent });
      this.changed(unsent.roomId);
      this.outbox.adopt(unsent);
    });
  }

  /** Stops sending for good. What is not sent stays in the storage. */
  close(): void {
    this.outbox.close();
    this.options.storage.close();
  }

  /** Sets whether there is a connection to send on. */
  setOnline(online: boolean): void {
    this.outbox.setOnline(online);
  }

  /** What is known of a log: nothing at first. */
  of(id: string): State {
    return this.states.get(id) ?? this.add(id);
  }

  private add(id: string): State {
    const { connection, me, extend } = this.options;
    const log = new RoomLog(me.id);
    const revisions = new Revisions({
      log,
      fetch: (after) => connection.requestWhileConnected("changes", { ...partsOf(id), after, limit: pageSize }),
      onChange: () => this.changed(id),
    });
    const catchUp = new CatchUp({
      log,
      fetch: (after) => this.fetchAfter(id, after),
      onChange: () => {
        this.changed(id);
        void revisions.fill();
      },
      online: () => connection.connected && this.states.get(id)?.log === log,
    });
    const state = extend({ log, revisions, catchUp, latest: undefined, loading: false });
    this.states.set(id, state);
    return state;
  }

  private changed(id: string): void {
    const state = this.of(id);
    const last = state.log.list().at(-1);
    if (last && last.seq >= (state.latest?.seq ?? 0)) state.latest = last;
    this.options.onChange(id, state);
  }

  private async fetchAfter(id: string, after: number): Promise<Page | undefined> {
    const { connection } = this.options;
    const { roomId, threadOf: seq } = partsOf(id);
    const part = { roomId, after, limit: pageSize };
    const answer =
      seq === undefined
        ? await connection.emitWithAck("history", part)
        : await connection.emitWithAck("thread", { ...part, seq });
    if (answer.ok) {
      for (const message of answer.messages) this.note(id, message);
      return answer;
    }
    const { code, message } = answer.error;
    if (code === "forbidden" || code === "not_found") return undefined;
    throw new Error(message);
  }

  /** Fetches a part of a log. Resolves to null when it is refused or the connection is lost. */
  fetchPage(id: string, part: { before?: number; after?: number; limit?: number }): Promise<Page | null> {
    const { connection } = this.options;
    const { roomId, threadOf: seq } = partsOf(id);
    return seq === undefined
      ? connection.requestWhileConnected("history", { roomId, ...part })
      : connection.requestWhileConnected("thread", { roomId, seq, ...part });
  }

  /** Loads the newest messages of a log, unless they are there. */
  async load(id: string): Promise<void> {
    const state = this.of(id);
    if (state.log.loaded) return;
    const page = await this.fetchPage(id, {});
    if (page && this.states.get(id) === state) this.receivePage(id, page);
  }

  /** Loads the page before the oldest message, if there is one. */
  async loadOlder(id: string, limit?: number): Promise<void> {
    const state = this.of(id);
    if (state.loading || !state.log.loaded || state.log.oldest <= 1) return;
    state.loading = true;
    this.options.onChange(id, state);
    const page = await this.fetchPage(id, { before: state.log.oldest, ...(limit !== undefined && { limit }) });
    state.loading = false;
    if (page && this.states.get(id) === state) this.receivePage(id, page);
    else this.options.onChange(id, state);
  }

  /** Sends a message, now or when there is a connection. Returns its tempId. */
  send(id: string, text: string, options: SendOptions = {}): string {
    const { log } = this.of(id);
    const written = { ...options, roomId: id, text, tempId: newId(), at: Date.now() };
    log.addDraft(written);
    // Who is offline may be far behind when the message is sent.
    const inRoom = partsOf(id).threadOf === undefined && log.loaded && this.options.connection.connected;
    const outgoing: Outgoing = { ...written, ...(inRoom && { after: log.head }) };
    this.changed(id);
    this.outbox.add(outgoing);
    return outgoing.tempId;
  }

  /** Sends a message again that was given up, with mentions of only those whom it still may mention. */
  retry(id: string, tempId: string, mayMention?: (userId: string) => boolean): void {
    const { log } = this.of(id);
    const draft = log.listDrafts().find((d) => d.tempId === tempId);
    if (!draft) return;
    const { failed: _, ...again } = draft;
    log.addDraft(again);
    this.changed(id);
    this.outbox.retry(tempId, mayMention);
  }

  /** Drops a message that was given up. */
  discard(id: string, tempId: string): void {
    this.outbox.remove(tempId);
    this.of(id).log.removeDraft(tempId);
    this.changed(id);
  }

  /** Adds a message that came as an acknowledgement or as an event. */
  receive(message: Message): void {
    const id = logOf(message);
    const { log, catchUp } = this.of(id);
    const { me, readState } = this.options;
    if (!log.get(message.seq) && message.sender.id === me.id && message.threadOf === undefined)
      readState.noteSent(message.roomId, message.seq);
    this.note(id, message);
    log.add(message);
    this.changed(id);
    void catchUp.fill();
  }

  /** Takes over a state of a message that an event or an acknowledgement tells, if its log is known. */
  takeRevision({ message, rev }: MessageChanged): void {
    const id = logOf(message);
    const state = this.states.get(id);
    if (!state) return;
    this.note(id, message);
    state.log.addRevision(message, rev);
    this.changed(id);
    void state.revisions.fill();
  }

  /** Adds a message whose page need not be loaded. */
  addOne(message: Message): void {
    const id = logOf(message);
    this.of(id).log.add(message);
    this.changed(id);
  }

  /** Adds a page of history. */
  receivePage(id: string, page: Page): void {
    const { log, catchUp, revisions } = this.of(id);
    for (const message of page.messages) this.note(id, message);
    log.addPage(page);
    this.changed(id);
    void catchUp.fill();
    void revisions.fill();
  }

  // Records what a message says besides its text.
  private note(id: string, message: Message): void {
    const { me, onMessage } = this.options;
    const state = this.of(id);
    onMessage?.(message, state);
    if (message.sender.id === me.id && message.tempId !== undefined) this.outbox.remove(message.tempId);
    if (isLater(message, state.latest)) state.latest = message;
  }

  /** Fetches what a log has missed while the connection was lost. */
  async catchUp(id: string): Promise<void> {
    await this.states.get(id)?.catchUp.refresh();
  }

  /** The ids of the logs that are loaded. */
  loaded(): string[] {
    return [...this.states].flatMap(([id, { log }]) => (log.loaded ? id : []));
  }

  /** Up to where rooms are known, to ask what is new since. */
  known(roomIds: readonly string[]): Record<string, Known> {
    const at = ({ log }: LogState) => ({ seq: log.complete, rev: log.revision });
    return Object.fromEntries(roomIds.map((id) => [id, at(this.of(id))]));
  }

  /** Takes over a room's last message, and what is new since it was known. */
  sync({ id, last, news }: Pick<SyncedRoom, "id" | "last" | "news">): void {
    const state = this.of(id);
    if (news && state.log.loaded) {
      state.log.addChanges(news.changes.messages, news.changes.rev);
      this.receivePage(id, news);
    }
    if (!last || !isLater(last, state.latest)) return;
    state.latest = last;
    this.options.onChange(id, state);
  }

  /** Drops the log of a room that the user has left, and its threads. */
  drop(roomId: string): void {
    for (const id of [...this.states.keys()]) if (partsOf(id).roomId === roomId) this.states.delete(id);
  }
}

/** Whether a message comes after another, or is a later state of it. */
function isLater(message: Preview, other: Preview | undefined): boolean {
  if (!other) return true;
  return message.seq > other.seq || (message.seq === other.seq && (message.rev ?? 0) > (other.rev ?? 0));
}
