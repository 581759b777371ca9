// Signing in and out, and what starts and stops with it.
import { effect, signal, untracked } from "@preact/signals";
import type { Message, Presence, Room, User } from "../core/protocol";
import { concernsSession, loadSession, requestSession, type Session, saveSession } from "../core/session";
import { leaveIssuer, renewNow, startRenewing, stopRenewing } from "./issuer";
import { closeLine, openLine, probe } from "./line";
import { session, stores } from "./me";
import { received, setSending, startMessages, stopMessages } from "./messages";
import { dismiss } from "./notice";
import { forgetPeople, heardTyping, seen } from "./people";
import { current, followAddress, takeInvitation, vacate } from "./place";
import { forgetRooms, join, memberChanged, refresh, roomChanged, visit } from "./rooms";
import { readElsewhere, startReading, stopReading } from "./unread";

/** Why one has to sign in again. */
export const ended = signal("");

const sessionEnded = "Your session has ended. Please sign in again.";

export async function signIn(name: string): Promise<void> {
  enter(await requestSession(name));
}

/** Lets somebody in who has a session. */
export function enter(next: Session): void {
  saveSession(stores, next);
  ended.value = "";
  session.value = next;
  begin();
}

export function signOut(why = ""): void {
  const who = session.value;
  saveSession(stores, null);
  sessionStorage.clear();
  end();
  ended.value = why;
  // Somebody who leaves by themselves leaves the issuer too.
  if (who?.issued && !why) void leaveIssuer(who.token);
}

/** Starts the page; with whoever was signed in before. */
export function start(): void {
  begin();
  // A room that comes on the screen, by whatever way, is loaded.
  effect(() => {
    const roomId = current.value;
    if (roomId) void untracked(() => visit(roomId));
  });
  followAddress(() => void acceptInvitation());
  addEventListener("storage", (event) => {
    if (concernsSession(event)) follow();
    else readElsewhere();
  });
  // After a sleep the line may be dead without anybody knowing.
  document.addEventListener("visibilitychange", () => {
    if (session.value && document.visibilityState === "visible") probe(session.value.user.id);
  });
}

// Another tab has signed out, or in.
function follow(): void {
  if (session.value?.issued) return; // which is this tab's own
  const next = loadSession(stores);
  if (next?.token === session.value?.token) return;
  end();
  session.value = next;
  begin();
}

function begin(): void {
  const who = session.value;
  if (!who) return;
  startReading(who);
  startMessages(who);
  startRenewing({ ended: () => signOut(sessionEnded) });
  let renewed = false; // and not admitted since
  openLine({
    token: () => session.value?.token ?? "",
    connected() {
      renewed = false;
      setSending(true);
      void refresh().then(acceptInvitation);
    },
    lost: () => setSending(false),
    async unauthorized() {
      const outcome = renewed ? "never" : await renewNow();
      renewed = outcome === "renewed";
      if (outcome === "never" && session.value?.user.id === who.user.id) signOut(sessionEnded);
      return outcome !== "never";
    },
    events: {
      newMessage: (message: Message) => received(message),
      roomChanged: ({ room }: { room: Room }) => roomChanged(room),
      memberChanged,
      typing: ({ roomId, user, on }: { roomId: string; user: User; on: boolean }) => heardTyping(roomId, user, on),
      userOnline: ({ user, ...presence }: { user: User } & Presence) => seen(user.id, { ...presence, online: true }),
      userOffline: ({ user, ...presence }: { user: User } & Presence) => seen(user.id, { ...presence, online: false }),
    },
  });
}

function end(): void {
  closeLine();
  stopRenewing();
  stopMessages();
  stopReading();
  forgetRooms();
  forgetPeople();
  dismiss();
  session.value = null;
  if (current.peek()) vacate(); // an invitation stays in the address
}

async function acceptInvitation(): Promise<void> {
  const invited = session.value && takeInvitation();
  if (invited) await join(invited);
}
