// Everything that belongs to one signed-in user. Signing out closes it and drops it, so
// that nothing has to be reset.
import { type ChatSocket, openSocket, type Room, type Typed, TypedInMemory, type User } from "@confab/chat";
import { effect, untracked } from "@preact/signals";
import type { BrowserStorage } from "../core/session";
import { Connection } from "./connection";
import { PageDrafts } from "./drafts";
import { Files } from "./files";
import { Invitations } from "./invitations";
import { LinkPreviews } from "./linkPreviews";
import type { PageLocation } from "./location";
import { Mentions } from "./mentions";
import { Messages } from "./messages";
import { Offers } from "./offers";
import { People } from "./people";
import { Readers } from "./readers";
import { ReadState } from "./readState";
import { Rooms } from "./rooms";
import { Threads } from "./threads";
import { ToastStore } from "./toast";
import { Watching } from "./watching";

export interface ChatOptions {
  me: User;
  location: PageLocation;
  storage: BrowserStorage;
  /** Returns the current token. */
  token(): string;
  /** Called when the server has accepted the token. */
  onAccepted(): void;
  /** Called when the server refuses the token. Resolves to whether there is a better one. */
  onUnauthorized(): Promise<boolean>;
  /** Called when the user has signed out everywhere, with what to tell them. */
  onSignedOut(reason: string): void;
  /** Where what is typed is kept; in memory unless given. Calls onRefused when that is impossible. */
  openTyped?: OpenTyped;
  /** Opens the socket; a test gives its own. */
  openSocket?: (token: () => string) => ChatSocket;
}

export type OpenTyped = (userId: string, onRefused: () => void) => Typed;

// No search and no link leads further back: all that comes after the message would have to be loaded.
const mostBetween = 10_000;

const keepsNothing = "This browser keeps nothing for the page: what you have not sent is lost when you close it.";

export interface Chat {
  me: User;
  location: PageLocation;
  connection: Connection;
  drafts: PageDrafts;
  files: Files;
  invitations: Invitations;
  linkPreviews: LinkPreviews;
  mentions: Mentions;
  messages: Messages;
  people: People;
  readers: Readers;
  readState: ReadState;
  rooms: Rooms;
  threads: Threads;
  toast: ToastStore;
  typed: Typed;
  /** Joins the room of the invitation in the address, if there is one. */
  acceptInvitation(): Promise<void>;
  /** Opens a room at one of its messages, or at a reply in a thread. */
  showMessage(roomId: string, seq: number, threadOf?: number): Promise<void>;
  /** Ends the connection and everything that runs. */
  close(): void;
}

/** Creates the chat of a user and connects. */
export function createChat(options: ChatOptions): Chat {
  const { me, location, storage } = options;
  const toast = new ToastStore();
  const connection = new Connection(toast);
  const offers = new Offers();
  const files = new Files(connection, toast, offers);
  const people = new People(me, connection);
  const readState = new ReadState(connection, storage.local, me.id);
  const readers = new Readers(connection);
  const typed = options.openTyped?.(me.id, () => toast.show(keepsNothing, "info")) ?? new TypedInMemory();
  const messages = new Messages(me, connection, people, readState, typed);
  const linkPreviews = new LinkPreviews(connection, messages, offers);
  messages.onSaid = (message) => void linkPreviews.show(message);
  const invitations = new Invitations(connection, toast);
  const drafts = new PageDrafts(connection, typed);
  const onListed = (list: readonly Room[]) => void mentions.takeCounts(list);
  const watching = new Watching(connection, people, () => void rooms.refreshList());
  const rooms = new Rooms({
    me,
    connection,
    drafts,
    invitations,
    location,
    messages,
    people,
    readState,
    watching,
    onListed,
  });
  const mentions = new Mentions({ me, connection, people, readState, rooms });
  const threads = new Threads({ me, connection, drafts, messages, rooms });

  async function acceptInvitation(): Promise<void> {
    const invited = location.takeInvitation();
    if (invited) await rooms.join(invited);
  }

  async function showMessage(roomId: string, seq: number, threadOf?: number): Promise<void> {
    location.goTo(roomId);
    await rooms.visit(roomId);
    if (threadOf !== undefined) return threads.show(roomId, threadOf, seq);
    const { log } = messages.viewOf(roomId);
    if (log.loaded && log.oldest - seq > mostBetween)
      toast.show("This message is too far back to be shown in its room.");
    else await messages.goTo(roomId, seq);
  }

  connection.open((options.openSocket ?? openSocket)(options.token), {
    onConnect() {
      options.onAccepted();
      messages.setOnline(true);
      void rooms.refresh().then(acceptInvitation);
      void threads.refresh();
    },
    onDisconnect: () => messages.setOnline(false),
    onUnauthorized: options.onUnauthorized,
    onSignedOut: options.onSignedOut,
    events: {
      newMessage: (message) => messages.receive(message),
      messageChanged(event) {
        messages.messageChanged(event);
        mentions.receive(event.message);
        threads.firstChanged(event);
      },
      newReply: threads.newReply,
      replyChanged(event) {
        messages.messageChanged(event);
        mentions.receive(event.message);
      },
      mention: ({ message }) => mentions.receive(message),
      followChanged: threads.followChanged,
      draft: drafts.draft,
      typing: ({ roomId, user, on }) => people.setTyping(roomId, user, on),
      roomChanged: rooms.roomChanged,
      invited: invitations.invited,
      invitationDeclined: invitations.declined,
      memberChanged: rooms.memberChanged,
      presence: ({ users }) => people.setPresences(users),
      read: ({ userId, marks }) => (userId === me.id ? readState.hear(marks) : readers.hear(userId, marks)),
      userOnline: ({ user, ...presence }) => people.setPresence(user.id, { ...presence, online: true }),
      userOffline: ({ user, ...presence }) => people.setPresence(user.id, { ...presence, online: false }),
    },
  });

  // Loads each room that comes on the screen.
  const stopVisiting = effect(() => {
    const roomId = location.roomId.value;
    untracked(() => threads.closeOutside(roomId));
    if (!roomId) return;
    untracked(() => {
      readState.open(roomId);
      void rooms.visit(roomId);
    });
  });

  // Shows the message of a link.
  const stopFollowing = effect(() => {
    const seq = location.linkedTo.value;
    const room = rooms.current.value;
    if (seq === null || !room) return;
    untracked(() => {
      location.linkedTo.value = null;
      void showMessage(room.id, seq);
    });
  });

  // Asks who has seen the user's newest message in that room.
  const stopAsking = effect(() => {
    const { current } = rooms;
    if (connection.state.value !== "connected" || !current.value) return readers.stop();
    const { id } = current.value;
    const others = rooms.readersIn(id);
    const seq = messages.viewOf(id).newestOwn.value;
    if (others.length > 0) untracked(() => void readers.follow(id, seq, others));
    else readers.stop();
  });

  const stopWatching = effect(() => {
    if (connection.state.value !== "connected") return watching.reset();
    const roomIds = rooms.shownIds.value;
    untracked(() => watching.watch(roomIds));
  });

  return {
    me,
    location,
    connection,
    drafts,
    files,
    invitations,
    linkPreviews,
    mentions,
    messages,
    people,
    readers,
    readState,
    rooms,
    threads,
    toast,
    typed,
    acceptInvitation,
    showMessage,
    close() {
      stopFollowing();
      stopVisiting();
      stopWatching();
      stopAsking();
      readers.stop();
      readState.close();
      drafts.close();
      connection.close();
      messages.close();
      toast.dismiss();
    },
  };
}
