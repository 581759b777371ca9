// Whom messages mention: "@" and a name in the text, and ids beside it.
import type { Message, User } from "./protocol.js";

/** Stands among the ids for all members of a room. */
export const everyone = "@room";

/** The newest messages that mention the user are kept, at most so many. */
const kept = 200;

export function mentions(message: Message, userId: string): boolean {
  return message.mentions?.some((id) => id === userId || id === everyone) ?? false;
}

/** A list of mentions, the newest first, with a message as it is now: it may mention the user no more. */
export function withMessage(list: Message[], message: Message, userId: string): Message[] {
  const others = list.filter((m) => m.id !== message.id);
  const before = list.find((m) => m.id === message.id);
  const now = before && (before.rev ?? 0) > (message.rev ?? 0) ? before : message;
  // One's own messages mention others.
  if (now.sender.id === userId || now.deletedAt || !mentions(now, userId)) return others;
  return [...others, now].sort((a, b) => b.sentAt.localeCompare(a.sentAt)).slice(0, kept);
}

/** A part of a text. `id` is whom it mentions. */
export interface Part {
  text: string;
  id?: string;
}

const letter = /[\p{L}\p{N}_]/u;

/** Takes a text apart where it mentions one of these people, or the whole room. The longest name counts. */
export function partsOfText(text: string, people: readonly User[]): Part[] {
  const names = [...people, { id: everyone, name: "room" }].sort((a, b) => b.name.length - a.name.length);
  const parts: Part[] = [];
  let plain = 0;
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
    const rest = text.slice(at + 1);
    const found = names.find(({ name }) => rest.startsWith(name) && !letter.test(rest.charAt(name.length)));
    if (!found || letter.test(text.charAt(at - 1))) continue;
    if (at > plain) parts.push({ text: text.slice(plain, at) });
    plain = at + 1 + found.name.length;
    parts.push({ text: text.slice(at, plain), id: found.id });
    at = plain - 1;
  }
  if (plain < text.length) parts.push({ text: text.slice(plain) });
  return parts;
}

/** The ids of those whom a text mentions, each once. */
export function mentionedIn(text: string, people: readonly User[]): string[] {
  return [...new Set(partsOfText(text, people).flatMap((p) => p.id ?? []))];
}

/** What is typed behind an "@" at the end of a text: null if nobody is being mentioned. */
export function beginsMention(before: string): string | null {
  return /(?:^|[\s(])@([^@\n]{0,40})$/u.exec(before)?.[1] ?? null;
}
