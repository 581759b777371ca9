import type { Message } from "@confab/chat";
import { said } from "../core/said";

/** One line of a message that another one answers. */
export function Quote({ message }: { message: Message }) {
  return (
    <span class="quote">
      <span class="spoken">Reply to </span>
      <strong>{message.sender.name}</strong>{" "}
      {message.deletedAt ? <em>This message was deleted.</em> : <span dir="auto">{said(message)}</span>}
    </span>
  );
}
