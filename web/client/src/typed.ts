import type { Outgoing } from "./outbox.js";

/**
 * What a user has typed and the server does not have yet: messages on their way, and the text
 * in the field of each room.
 */
export interface Typed {
  /** Keeps an unsent message, or its new state. */
  keep(outgoing: Outgoing): void;
  /** Forgets a message that is sent or discarded. */
  forget(tempId: string): void;
  /**
   * Gives the unsent messages that nobody sends, now and later: those of earlier visits and of
   * tabs that were closed. From then on they are this tab's.
   */
  adopt(give: (outgoing: Outgoing) => void): void;
  /** The text in the field of a room, as far as this tab knows it. */
  draft(roomId: string): string;
  /** The text in the field of a room, as it was last typed in any tab. */
  loadDraft(roomId: string): Promise<string>;
  saveDraft(roomId: string, text: string): void;
  /** Stops giving messages, and lets other tabs have what is left. */
  close(): void;
  /** Forgets everything of the user. */
  clear(): Promise<void>;
}

/** Keeps what is typed while the page lives. */
export class TypedInMemory implements Typed {
  private readonly drafts = new Map<string, string>();
  keep(): void {}
  forget(): void {}
  adopt(): void {}
  draft(roomId: string): string {
    return this.drafts.get(roomId) ?? "";
  }
  async loadDraft(roomId: string): Promise<string> {
    return this.draft(roomId);
  }
  saveDraft(roomId: string, text: string): void {
    this.drafts.set(roomId, text);
  }
  close(): void {}
  async clear(): Promise<void> {
    this.drafts.clear();
  }
}
