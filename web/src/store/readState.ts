// What is unread in which room, as the page shows it.
import { ReadState as ChatReadState } from "@confab/chat";
import { signal } from "@preact/signals";
import type { KeyValueStorage } from "../core/session";
import type { Connection } from "./connection";

export class ReadState extends ChatReadState {
  constructor(
    connection: Connection,
    storage: KeyValueStorage,
    userId: string,
    private readonly version = signal(0),
  ) {
    super({ connection, storage, userId, onChange: () => version.value++ });
  }

  override readUpTo(roomId: string): number {
    this.version.value; // subscribes
    return super.readUpTo(roomId);
  }

  override isHeld(roomId: string): boolean {
    this.version.value; // subscribes
    return super.isHeld(roomId);
  }
}
