// Who there is, who is online, and who types.
import { signal } from "@preact/signals";
import { PresenceMap } from "../core/presence";
import type { Presence, User } from "../core/protocol";
import { shownFor, TypingMap } from "../core/typing";
import { connection, insist, mention } from "./line";
import { myId } from "./me";

const maxAsked = 100; // of the server, at a time

const presences = new PresenceMap();
const presenceChanged = signal(0);
const typists = new TypingMap();
const typingChanged = signal(0);
const names = new Map<string, string>();

export function isOnline(id: string): boolean {
  if (id === myId()) return connection.value === "connected";
  presenceChanged.value;
  return presences.get(id)?.online ?? false;
}

export function lastSeen(id: string): string | undefined {
  presenceChanged.value;
  return presences.get(id)?.lastSeen;
}

/** Everybody met so far but oneself, by name. */
export function acquaintances(): User[] {
  return [...names]
    .map(([id, name]) => ({ id, name }))
    .filter((u) => u.id !== myId())
    .sort((a, b) => a.name.localeCompare(b.name));
}

export function meet(user: User): void {
  names.set(user.id, user.name);
}

export function seen(id: string, presence: Presence): void {
  if (presences.set(id, presence)) presenceChanged.value++;
}

/** Asks who of these people is online. */
export async function watch(ids: string[]): Promise<void> {
  const others = [...new Set(ids)].filter((id) => id !== myId());
  for (let i = 0; i < others.length; i += maxAsked) {
    const answer = await insist<{ users: Record<string, Presence> }>("presence", {
      userIds: others.slice(i, i + maxAsked),
    });
    for (const [id, presence] of Object.entries(answer?.users ?? {})) seen(id, presence);
  }
}

export function typistsIn(roomId: string): User[] {
  typingChanged.value;
  return typists.in(roomId);
}

export function heardTyping(roomId: string, user: User, on: boolean): void {
  if (user.id === myId()) return;
  typists.set(roomId, user, on);
  typingChanged.value++;
  if (on) setTimeout(() => typingChanged.value++, shownFor + 50);
}

export function sayTyping(roomId: string, on: boolean): void {
  mention("typing", { roomId, on });
}

export function forgetPeople(): void {
  presences.clear();
  typists.clear();
  names.clear();
}
