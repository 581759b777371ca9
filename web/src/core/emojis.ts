// The emojis that people pick from, made from the data of the package emoji-picker-element-data.

export interface Emoji {
  emoji: string;
  name: string;
  group: number;
  /** In lower case: what it is found by. */
  words: readonly string[];
  /** The version of Unicode's emojis that brought it. */
  version: number;
  /** The same with a skin tone, from the lightest at 1 on. Some have none. */
  tones: Readonly<Record<number, string>>;
}

/** An emoji as the package has it. */
export interface EmojiData {
  emoji: string;
  annotation: string;
  group: number;
  version: number;
  tags?: string[];
  emoticon?: string | string[];
  skins?: { emoji: string; tone: number | number[] }[];
}

/** The groups in the order in which they are shown. The package has one more, of single skin tones. */
export const emojiGroups: readonly { id: number; name: string; sign: string }[] = [
  { id: 0, name: "Smileys and emotion", sign: "😀" },
  { id: 1, name: "People and body", sign: "👋" },
  { id: 3, name: "Animals and nature", sign: "🐱" },
  { id: 4, name: "Food and drink", sign: "🍎" },
  { id: 5, name: "Travel and places", sign: "🏠" },
  { id: 6, name: "Activities", sign: "⚽" },
  { id: 7, name: "Objects", sign: "💡" },
  { id: 8, name: "Symbols", sign: "💛" },
  { id: 9, name: "Flags", sign: "🏁" },
];

/** The skin tones that one may choose: none, and those of Unicode. */
export const skinTones = ["Default", "Light", "Medium-light", "Medium", "Medium-dark", "Dark"];

const maxFound = 200;

export function emojisOf(data: readonly EmojiData[]): Emoji[] {
  return data
    .filter(({ group }) => emojiGroups.some(({ id }) => id === group))
    .map(({ emoji, annotation, group, version, tags = [], emoticon = [], skins = [] }) => ({
      emoji: shortest(emoji),
      name: annotation,
      group,
      version,
      words: [annotation, ...tags, ...[emoticon].flat()].flatMap((text) => text.toLowerCase().split(/[\s-]+/)),
      tones: Object.fromEntries(
        skins.flatMap((s) => (typeof s.tone === "number" ? [[s.tone, shortest(s.emoji)]] : [])),
      ),
    }));
}

// The package writes a selector of the colourful form also where that is the usual one. Keyboards
// do not, and both would be different reactions.
function shortest(emoji: string): string {
  return emoji.replace(/(\p{Emoji_Presentation})\uFE0F/gu, "$1");
}

/** Those that have all words of a text, or words that begin with them. */
export function findEmojis(all: readonly Emoji[], text: string): Emoji[] {
  const parts = text.toLowerCase().split(/\s+/).filter(Boolean);
  const has = (e: Emoji, part: string) => e.emoji === part || e.words.some((word) => word.startsWith(part));
  const found = all.filter((e) => parts.every((part) => has(e, part)));
  // Those that are called so come before those that have to do with it.
  const named = (e: Emoji) => parts.every((part) => e.name.toLowerCase().includes(part));
  return [...found.filter(named), ...found.filter((e) => !named(e))].slice(0, maxFound);
}

/** An emoji in a skin tone, if it has that. */
export function inTone({ emoji, tones }: Emoji, tone: number): string {
  return tones[tone] ?? emoji;
}

/** The emojis that were picked lately with one more, the last one first. */
export function withRecent(recent: readonly string[], emoji: string, most = 24): string[] {
  return [emoji, ...recent.filter((other) => other !== emoji)].slice(0, most);
}
