// Whom messages mention: "@" and a name in the text, and ids beside it.
import type { Message, User } from "./protocol.js";

/** Stands among the ids for all members of a room. */
export const everyone = "@room";

/** All members of a room, as one whom a text may mention. */
export const wholeRoom: User = { id: everyone, name: "room" };

/** In a larger room, nobody mentions all of it. */
const maxAddressed = 50;

/** Whether a message mentions a user. */
export function mentions(message: Message, userId: string): boolean {
  return message.mentions?.some((id) => id === userId || id === everyone) ?? false;
}

/** Whether a message tells a user that it mentions them: their own ones mention others. */
export function addresses(message: Message, userId: string): boolean {
  return message.sender.id !== userId && !message.deletedAt && mentions(message, userId);
}

/** A list of mentions, the newest first, with a message as it is now: it may mention the user no more. */
export function withMessage(list: Message[], message: Message, userId: string): Message[] {
  const before = list.find((m) => m.id === message.id);
  const now = before && (before.rev ?? 0) > (message.rev ?? 0) ? before : message;
  const others = before ? list.filter((m) => m !== before) : list;
  if (!addresses(now, userId)) return others;
  return [...others, now].sort((a, b) => b.sentAt.localeCompare(a.sentAt));
}

/** Those whom a message in a room may mention: its members, and all of them together if they are few. */
export function mentionable(members: readonly User[]): User[] {
  return [...members, ...(members.length <= maxAddressed ? [wholeRoom] : [])];
}

/** A part of a text. `id` is whom it mentions. */
export interface Part {
  text: string;
  id?: string;
}

const letter = /[\p{L}\p{N}_]/u;

/** Takes a text apart where it mentions one of these people. The longest name counts, and of equal ones the first. */
export function partsOfText(text: string, people: readonly User[]): Part[] {
  const names = [...people].sort((a, b) => b.name.length - a.name.length);
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

/**
 * The ids of those of the people whom a text mentions, each once. Where several have the same name, those are
 * meant whom the writer has chosen, and else all of them.
 */
export function mentionedIn(text: string, people: readonly User[], chosen: readonly User[] = []): string[] {
  const there = new Set(people.map((p) => p.id));
  const meant = chosen.filter((p) => there.has(p.id));
  const ids = partsOfText(text, people).flatMap(({ text, id }) => {
    if (id === undefined) return [];
    const named = ({ name }: User) => name === text.slice(1);
    return (meant.some(named) ? meant : people).filter(named).map((p) => p.id);
  });
  return [...new Set(ids)];
}

/** What is typed behind an "@" at the end of a text: null if nobody is being mentioned. */
export function beginsMention(before: string): string | null {
  return /(?:^|[\s(])@((?!\s)[^@\n]{0,40})$/u.exec(before)?.[1] ?? null;
}
