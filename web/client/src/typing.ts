import type { User } from "./protocol.js";

/** How long a user is shown as typing after the last event, in milliseconds. */
export const shownFor = 5000;
/** A little longer than the three seconds in which the server tells a room once. */
const repeatAfter = 3500;

/** Who is typing in each room. A user who sends no further event stops after a while. */
export class TypingMap {
  private readonly rooms = new Map<string, Map<string, { user: User; until: number }>>();

  set(roomId: string, user: User, on: boolean, now = Date.now()): void {
    let room = this.rooms.get(roomId);
    if (!room) {
      room = new Map();
      this.rooms.set(roomId, room);
    }
    if (on) room.set(user.id, { user, until: now + shownFor });
    else room.delete(user.id);
  }

  in(roomId: string, now = Date.now()): User[] {
    return [...(this.rooms.get(roomId)?.values() ?? [])].filter((t) => t.until > now).map((t) => t.user);
  }
}

/** Decides when to tell others that the user types: at once, and then every few seconds. */
export class TypingSignal {
  private lastSent = 0;

  constructor(private readonly send: (on: boolean) => void) {}

  typed(now = Date.now()): void {
    if (now - this.lastSent < repeatAfter) return;
    this.lastSent = now;
    this.send(true);
  }

  stopped(): void {
    if (this.lastSent === 0) return;
    this.lastSent = 0;
    this.send(false);
  }
}
