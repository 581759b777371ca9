// What the user types and has not sent, on the page and at the server.
import { Drafts, logOf, partsOf, type ServerEvents, type Typed } from "@confab/chat";
import { type Signal, signal } from "@preact/signals";
import type { Connection } from "./connection";

export class PageDrafts extends Drafts {
  private readonly texts: Map<string, Signal<string>>;

  constructor(connection: Connection, typed: Typed) {
    const texts = new Map<string, Signal<string>>();
    super({
      typed,
      async save(log, text) {
        if (connection.state.peek() !== "connected") return "later";
        try {
          const answer = await connection.emitWithAck("saveDraft", { ...partsOf(log), text });
          if (answer.ok) return answer.draft;
          return answer.error.temporary ? "later" : "never";
        } catch {
          return "later";
        }
      },
      onChange: (log) => {
        const shown = texts.get(log);
        if (shown) shown.value = this.textOf(log);
      },
    });
    this.texts = texts;
  }

  /** The text in the field of a room or a thread. */
  shownIn(log: string): Signal<string> {
    let shown = this.texts.get(log);
    if (!shown) {
      shown = signal(this.textOf(log));
      this.texts.set(log, shown);
    }
    return shown;
  }

  /** Handles draft: another device has saved it. */
  readonly draft: ServerEvents["draft"] = ({ roomId, threadOf, draft }) =>
    this.hear(logOf({ roomId, threadOf }), draft);
}
