import type { Presence } from "./protocol";

/** Who is online. Of two things heard about somebody, the one with the larger version is true. */
export class PresenceMap {
  private readonly users = new Map<string, Presence>();

  /** Takes in what was heard, and tells whether it was news. */
  set(id: string, presence: Presence): boolean {
    const known = this.users.get(id);
    if (known && presence.version <= known.version) return false;
    this.users.set(id, presence);
    return true;
  }

  get(id: string): Presence | undefined {
    return this.users.get(id);
  }

  clear(): void {
    this.users.clear();
  }
}
