// The threads that the user follows, and the one whose replies are on the screen.
import type { FollowedThread, Message, ServerEvents, User } from "@confab/chat";
import {
  type Follows,
  listFollowed,
  logOf,
  partsOf,
  replaceFollows,
  takeFollow,
  takeReply,
  unreadReplies,
} from "@confab/chat";
import { computed, signal } from "@preact/signals";
import type { Connection } from "./connection";
import type { PageDrafts } from "./drafts";
import type { Messages } from "./messages";
import type { Rooms } from "./rooms";

const maxPages = 20;

interface Options {
  me: User;
  connection: Connection;
  drafts: PageDrafts;
  messages: Messages;
  rooms: Rooms;
}

export class Threads {
  /** The log of the thread on the screen. */
  readonly shown = signal<string | null>(null);
  private readonly follows = signal<Follows>(new Map());
  /** The threads that the user follows, those with unread replies first. */
  readonly followed = computed(() => {
    const mine = new Set(this.options.rooms.joined.value.map((r) => r.id));
    return listFollowed(this.follows.value, (roomId) => mine.has(roomId));
  });

  constructor(private readonly options: Options) {}

  isFollowed(log: string): boolean {
    return this.follows.value.get(log)?.on ?? false;
  }

  unreadIn(log: string): number {
    return unreadReplies(this.follows.value.get(log));
  }

  /** Brings the list up to date after a connect, and the thread on the screen. */
  async refresh(): Promise<void> {
    const { connection, messages } = this.options;
    const shown = this.shown.peek();
    if (shown) void this.load(shown).then(() => messages.catchUp(shown));
    const asked = this.follows.peek();
    const all: FollowedThread[] = [];
    let cursor: string | undefined;
    for (let page = 0; page === 0 || (cursor && page < maxPages); page++) {
      const answer = await connection.requestWhileConnected("followedThreads", cursor ? { cursor } : {});
      if (!answer) return;
      all.push(...answer.threads);
      cursor = answer.next;
    }
    this.follows.value = replaceFollows(this.follows.peek(), asked, all);
  }

  /** Shows the thread below a message. */
  open(first: Message): void {
    this.shown.value = first.id;
    void this.load(first.id);
  }

  /** Shows a thread at one of its replies. */
  async show(roomId: string, threadOf: number, seq: number): Promise<void> {
    const log = logOf({ roomId, threadOf });
    this.shown.value = log;
    await this.load(log);
    await this.options.messages.goTo(log, seq);
  }

  close(): void {
    this.shown.value = null;
  }

  /** Closes the thread on the screen if another room is there. */
  closeOutside(roomId: string | null): void {
    const shown = this.shown.peek();
    if (shown && partsOf(shown).roomId !== roomId) this.close();
  }

  // Loads the end of a thread. What was loaded before is caught up with.
  private async load(log: string): Promise<void> {
    const { connection, drafts, messages } = this.options;
    const { roomId, threadOf = 0 } = partsOf(log);
    const asked = drafts.snapshot();
    const answer = await connection.requestWhileConnected("thread", { roomId, seq: threadOf });
    if (!answer) return;
    this.follows.value = takeFollow(this.follows.peek(), answer.first, answer.follow);
    drafts.replace(log, answer.draft, asked);
    messages.addFirst(answer.first);
    messages.receivePage(log, answer);
  }

  /** Handles newReply. */
  readonly newReply: ServerEvents["newReply"] = ({ message, first }) => {
    this.follows.value = takeReply(this.follows.peek(), this.options.me.id, message, first);
    this.options.messages.messageChanged({ message: first, rev: first.rev ?? 0 });
    this.options.messages.receive(message);
  };

  /** Handles messageChanged for those of the messages that have a thread. */
  readonly firstChanged: ServerEvents["messageChanged"] = ({ message }) => {
    const known = this.follows.peek().get(message.id);
    if (known) this.follows.value = takeFollow(this.follows.peek(), message, known);
  };

  /** Handles followChanged: another device of the user has changed it. */
  readonly followChanged: ServerEvents["followChanged"] = ({ roomId, seq, on, mark }) => {
    const log = logOf({ roomId, threadOf: seq });
    const first = this.follows.peek().get(log)?.first ?? this.options.messages.viewOf(roomId).log.get(seq);
    if (first) this.follows.value = takeFollow(this.follows.peek(), first, { on, mark });
    else void this.load(log);
  };

  /** Follows a thread, or stops it. */
  async follow(first: Message, on: boolean): Promise<void> {
    const request = { roomId: first.roomId, seq: first.seq, on };
    const answer = await this.options.connection.request("followThread", request, 2);
    if (answer) this.follows.value = takeFollow(this.follows.peek(), first, answer.follow);
  }

  /** Records that the user has seen a thread up to a position, and tells the server. */
  see(log: string, seq: number): void {
    const known = this.follows.peek().get(log);
    if (!known?.on || known.mark.seq >= seq) return;
    const mark = { ...known.mark, seq };
    this.follows.value = takeFollow(this.follows.peek(), known.first, { on: true, mark });
    const { roomId, threadOf = 0 } = partsOf(log);
    // If no answer comes, the list after the next connect shows where the mark is, and it is seen again.
    void this.options.connection.requestWhileConnected("markRead", {
      roomId,
      threadOf,
      seq,
      version: known.mark.version,
    });
  }
}
