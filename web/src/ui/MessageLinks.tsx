import type { Message } from "@confab/chat";
import { inOneLine } from "../core/markdown";
import { markFound } from "../core/search";
import { shortTime } from "../core/time";
import { useChat } from "./context";

/** Messages that lead to where they stand, with the words of a search marked. */
export function MessageLinks({
  messages,
  text,
  showRoom,
  isNew = () => false,
  onClose,
}: {
  messages: readonly Message[];
  text: string;
  showRoom: boolean;
  /** Whether a message is marked as new. */
  isNew?: (message: Message) => boolean;
  onClose: () => void;
}) {
  const chat = useChat();
  const titleOf = (roomId: string) => {
    const room = chat.rooms.joined.value.find((r) => r.id === roomId);
    return room && showRoom ? `${chat.rooms.titleOf(room)} · ` : "";
  };
  return (
    <ul class="messages-found">
      {messages.map((m) => (
        <li key={m.id}>
          <button
            type="button"
            data-testid="found-message"
            onClick={() => {
              onClose(); // before the room opens, because an open dialog keeps the focus
              void chat.showMessage(m.roomId, m.seq, m.threadOf);
            }}
          >
            <span class="quiet">
              {titleOf(m.roomId)}
              {m.sender.name} · <time dateTime={m.sentAt}>{shortTime(m.sentAt)}</time>
              {m.threadOf !== undefined && " · in a thread"}
              {isNew(m) && <strong class="new"> · New</strong>}
            </span>
            <span class="excerpt" dir="auto">
              {excerpt(m.text, text).map(({ text, found }, i) => (found ? <mark key={i}>{text}</mark> : text))}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

// What is shown of a long text begins a little before what was found.
function excerpt(text: string, search: string) {
  const parts = markFound(inOneLine(text), search);
  const [before] = parts;
  const most = 60;
  if (before && !before.found && parts.length > 1 && before.text.length > most)
    parts[0] = { text: `…${before.text.slice(-most)}`, found: false };
  return parts;
}
