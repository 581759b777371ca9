import type { Message } from "@confab/chat";

/** One line of a message that another one answers. */
export function Quote({ message }: { message: Message }) {
  return (
    <span class="quote">
      <span class="spoken">Reply to </span>
      <strong>{message.sender.name}</strong>{" "}
      {message.deletedAt ? <em>This message was deleted.</em> : <span dir="auto">{message.text}</span>}
    </span>
  );
}
