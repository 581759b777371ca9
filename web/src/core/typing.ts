import type { User } from "./protocol";

/** How long somebody who says nothing more is shown as typing, in milliseconds. */
export const shownFor = 5000;
const repeatAfter = 3000;

/** Who is typing in each room; somebody who says nothing more stops after a while. */
export class TypingMap {
  private readonly rooms = new Map<string, Map<string, { user: User; until: number }>>();

  set(roomId: string, user: User, on: boolean, now = Date.now()): void {
    let room = this.rooms.get(roomId);
    if (!room) this.rooms.set(roomId, (room = new Map()));
    if (on) room.set(user.id, { user, until: now + shownFor });
    else room.delete(user.id);
  }

  in(roomId: string, now = Date.now()): User[] {
    return [...(this.rooms.get(roomId)?.values() ?? [])].filter((t) => t.until > now).map((t) => t.user);
  }

  clear(): void {
    this.rooms.clear();
  }
}

/** Decides when to tell others that one types: at once, and then every few seconds. */
export class TypingSignal {
  private told = 0;

  constructor(private readonly tell: (on: boolean) => void) {}

  typed(now = Date.now()): void {
    if (now - this.told < repeatAfter) return;
    this.told = now;
    this.tell(true);
  }

  stopped(): void {
    if (this.told === 0) return;
    this.told = 0;
    this.tell(false);
  }
}
