import type { Message } from "@confab/chat";
import { useChat } from "./context";

// So many names are written, and the others are counted.
const maxNames = 3;

/** Who has seen the user's newest message, below it. */
export function SeenBy({ message }: { message: Message }) {
  const { messages, readers, rooms } = useChat();
  const { roomId, seq } = message;
  if (messages.viewOf(roomId).newestOwn.value !== seq) return null;
  const others = rooms.readersIn(roomId);
  const seen = readers.readersOf(roomId, seq, others);
  if (seen.length === 0) return null;
  const names = rooms.membersOf(roomId).filter((m) => seen.includes(m.id));
  return (
    <p class="seen-by" data-testid="seen-by">
      {others.length === 1 ? "Seen" : seen.length === others.length ? "Seen by everyone" : `Seen by ${listOf(names)}`}
    </p>
  );
}

function listOf(people: { name: string }[]): string {
  const names = people.slice(0, maxNames).map((p) => p.name);
  const rest = people.length - names.length;
  if (rest > 0) names.push(`${rest} more`);
  const last = names.pop();
  return names.length > 0 ? `${names.join(", ")} and ${last}` : `${last}`;
}
