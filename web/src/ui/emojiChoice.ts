// What the emoji picker keeps in this browser, and how it gets the emojis.
import address from "emoji-picker-element-data/en/cldr-native/data.json?url";
import { type Emoji, type EmojiData, emojisOf, withRecent } from "../core/emojis";
import { supportedVersion } from "./emojiSupport";

let loading: Promise<Emoji[]> | undefined;

/** Loads the emojis once. What has failed is tried again. */
export function loadEmojis(): Promise<Emoji[]> {
  loading ??= fetchEmojis().catch((error) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function fetchEmojis(): Promise<Emoji[]> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`the emojis came with status ${response.status}`);
  const all = emojisOf((await response.json()) as EmojiData[]);
  const version = supportedVersion(all);
  return all.filter((e) => e.version <= version);
}

const toneKey = "confab.skin-tone";
const recentKey = (userId: string) => `confab.emojis.${userId}`;

export function recentEmojis(userId: string): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(recentKey(userId)) ?? "[]");
    return Array.isArray(kept) ? kept.filter((e) => typeof e === "string") : [];
  } catch {
    return [];
  }
}

export function noteEmoji(userId: string, emoji: string): void {
  localStorage.setItem(recentKey(userId), JSON.stringify(withRecent(recentEmojis(userId), emoji)));
}

export function skinTone(): number {
  return Number(localStorage.getItem(toneKey) ?? 0);
}

export function setSkinTone(tone: number): void {
  localStorage.setItem(toneKey, String(tone));
}
