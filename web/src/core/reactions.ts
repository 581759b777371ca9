// What people have reacted to a message with, from the view of one of them.
import type { Message, Reaction, User } from "@confab/chat";

/** What the page offers at once. */
export const quickEmojis = ["👍", "❤️", "😂", "🎉", "😮", "😢"];

export interface Chip {
  emoji: string;
  count: number;
  /** Whether the user is one of them; undefined where the message does not tell, because it shows only some. */
  mine: boolean | undefined;
  /** Who has reacted, in words. */
  who: string;
}

/** The chips below a message, the most used first. `asked` are what the user has just asked for, by emoji. */
export function chipsOf(
  { reactions = {} }: Pick<Message, "reactions">,
  me: User,
  asked: ReadonlyMap<string, boolean> = new Map(),
): Chip[] {
  return [...new Set([...Object.keys(reactions), ...asked.keys()])]
    .map((emoji) => chipOf(emoji, reactions[emoji] ?? { count: 0, users: [] }, me, asked.get(emoji)))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count);
}

function chipOf(emoji: string, { count, users }: Reaction, me: User, asked: boolean | undefined): Chip {
  const listed = users.some(({ id }) => id === me.id);
  const known = listed || count <= users.length ? listed : undefined;
  const mine = asked ?? known;
  const change = asked === undefined || known === undefined || asked === known ? 0 : asked ? 1 : -1;
  const others = users.filter(({ id }) => id !== me.id).map(({ name }) => name);
  const names = mine ? ["You", ...others] : others;
  const rest = count + change - names.length;
  if (rest > 0) names.push(rest === 1 ? "1 other" : `${rest} others`);
  return { emoji, count: count + change, mine, who: joined(names) };
}

function joined(names: string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}`;
}
