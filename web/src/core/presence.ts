import type { Presence } from "./types";

/** Who is online. Of two things heard about somebody, the one with the larger version is true. */
export class PresenceMap {
  private readonly users = new Map<string, Presence>();

  set(id: string, presence: Presence): void {
    const known = this.users.get(id);
    if (!known || presence.version >= known.version) this.users.set(id, presence);
  }

  get(id: string): Presence | undefined {
    return this.users.get(id);
  }
}
