import type { Outgoing } from "./outbox.js";

/** A draft as a browser keeps it. */
export interface KeptDraft {
  text: string;
  /** The text that the server has, as far as it is known, and when it was saved there. */
  saved: string;
  savedAt: string;
}

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
  /** The drafts that any tab has kept, by their logs. Resolves to null where nothing is kept. */
  loadDrafts(): Promise<Map<string, KeptDraft> | null>;
  /** Keeps a draft, or forgets one that is empty everywhere. */
  keepDraft(log: string, draft: KeptDraft): void;
  /** Stops giving messages, and lets other tabs have what is left. */
  close(): void;
  /** Forgets everything of the user. */
  clear(): Promise<void>;
}

/** Keeps what is typed nowhere but where it is shown: while the page lives. */
export class TypedInMemory implements Typed {
  keep(): void {}
  forget(): void {}
  adopt(): void {}
  async loadDrafts(): Promise<null> {
    return null;
  }
  keepDraft(): void {}
  close(): void {}
  async clear(): Promise<void> {}
}
