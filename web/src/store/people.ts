// The people whom the user has met: who is online, and who is typing.
import type { Presence, User } from "@confab/chat";
import { PresenceMap, shownFor, TypingMap } from "@confab/chat";
import { signal } from "@preact/signals";
import type { Connection } from "./connection";

const maxUsersPerRequest = 100;

export class People {
  private readonly presences = new PresenceMap();
  private readonly presenceVersion = signal(0);
  private readonly typing = new TypingMap();
  private readonly typingVersion = signal(0);
  private readonly names = new Map<string, string>();

  constructor(
    private readonly me: User,
    private readonly connection: Connection,
  ) {}

  isOnline(id: string): boolean {
    if (id === this.me.id) return this.connection.shown.value === "connected";
    this.presenceVersion.value; // subscribes
    return this.presences.get(id)?.online ?? false;
  }

  lastSeen(id: string): string | undefined {
    this.presenceVersion.value; // subscribes
    return this.presences.get(id)?.lastSeen;
  }

  /** Everybody the user has met, by name. */
  list(): User[] {
    return [...this.names].map(([id, name]) => ({ id, name })).sort((a, b) => a.name.localeCompare(b.name));
  }

  /** The name of somebody the user has met. */
  nameOf(id: string): string | undefined {
    return this.names.get(id);
  }

  add(user: User): void {
    if (user.id !== this.me.id) this.names.set(user.id, user.name);
  }

  setPresences(users: Record<string, Presence>): void {
    for (const [id, presence] of Object.entries(users)) this.setPresence(id, presence);
  }

  setPresence(id: string, presence: Presence): void {
    if (this.presences.set(id, presence)) this.presenceVersion.value++;
  }

  /** Asks the server who of these people is online. */
  async fetchPresence(ids: string[]): Promise<void> {
    const others = [...new Set(ids)].filter((id) => id !== this.me.id);
    for (let i = 0; i < others.length; i += maxUsersPerRequest) {
      const userIds = others.slice(i, i + maxUsersPerRequest);
      const answer = await this.connection.requestWhileConnected("presence", { userIds });
      this.setPresences(answer?.users ?? {});
    }
  }

  typingIn(roomId: string): User[] {
    this.typingVersion.value; // subscribes
    return this.typing.in(roomId);
  }

  setTyping(roomId: string, user: User, on: boolean): void {
    if (user.id === this.me.id) return;
    this.typing.set(roomId, user, on);
    this.typingVersion.value++;
    if (on) setTimeout(() => this.typingVersion.value++, shownFor + 50);
  }

  /** Tells the others whether the user is typing. */
  sendTyping(roomId: string, on: boolean): void {
    this.connection.emitVolatile("typing", { roomId, on });
  }
}
