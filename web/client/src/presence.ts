import type { Presence } from "./protocol.js";

/** Who is online. Of two reports about a user, the one with the larger version wins. */
export class PresenceMap {
  private readonly users = new Map<string, Presence>();

  /** Records a report, and returns whether it was newer than what was known. */
  set(id: string, presence: Presence): boolean {
    const known = this.users.get(id);
    if (known && presence.version <= known.version) return false;
    this.users.set(id, presence);
    return true;
  }

  get(id: string): Presence | undefined {
    return this.users.get(id);
  }
}
