import { useEffect, useState } from "preact/hooks";
import { useChat } from "./context";
import { Dialog } from "./Dialog";
import { MessageLinks } from "./MessageLinks";

/** The messages that mention the user. */
export function MentionList({ onClose }: { onClose: () => void }) {
  const { mentions } = useChat();
  const [state, setState] = useState<"waiting" | "done" | "failed">("waiting");
  const list = mentions.list.value;
  const next = mentions.next.value;

  async function load(cursor?: string) {
    setState("waiting");
    setState((await mentions.load(cursor)) ? "done" : "failed");
  }
  useEffect(() => void load(), [mentions]);

  return (
    <Dialog title="Mentions" onClose={onClose}>
      <p class="quiet found" role="status" data-testid="mentions-state">
        {state === "failed"
          ? "The list could not be loaded. Try again when you are connected."
          : state === "waiting"
            ? "Loading …"
            : list.length === 0 && !next
              ? "Nobody has mentioned you in the last 90 days."
              : `${list.length} ${list.length === 1 ? "message" : "messages"}${next ? " so far" : ""}`}
      </p>
      <MessageLinks messages={list} text="" showRoom isNew={(m) => mentions.isUnread(m)} onClose={onClose} />
      {next && state === "done" && (
        <button type="button" class="secondary" data-testid="more-mentions" onClick={() => void load(next)}>
          Earlier mentions
        </button>
      )}
      {state === "failed" && (
        <button type="button" class="secondary" onClick={() => void load(next)}>
          Try again
        </button>
      )}
    </Dialog>
  );
}
