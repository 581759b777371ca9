import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { emojisOf, findEmojis, inTone, withRecent } from "../src/core/emojis";
import { quickEmojis } from "../src/core/reactions";
import { isEmoji } from "../src/core/text";

const path = createRequire(import.meta.url).resolve("emoji-picker-element-data/en/cldr-native/data.json");
const all = emojisOf(JSON.parse(readFileSync(path, "utf8")));

test("every emoji of the package is one, and none comes twice", () => {
  const texts = all.flatMap((e) => [e.emoji, ...Object.values(e.tones)]);
  expect(texts.filter((text) => !isEmoji(text))).toEqual([]);
  expect(new Set(texts).size).toBe(texts.length);
  expect(all.length).toBeGreaterThan(1800);
});

test("what is offered at once is written as in the package", () => {
  expect(quickEmojis.filter((emoji) => !all.some((e) => e.emoji === emoji))).toEqual([]);
});

test("emojis are found by the beginnings of their words, those that are called so first", () => {
  const found = (text: string) => findEmojis(all, text).map((e) => e.emoji);
  expect(found("party pop")[0]).toBe("🎉");
  expect(found("PARTY")).toContain("🥳");
  expect(found("cat").slice(0, 2)).toEqual(["😺", "😸"]);
  expect(found("👍")).toEqual(["👍"]);
  expect(found("qqq")).toEqual([]);
});

test("an emoji has the chosen skin tone if it has that", () => {
  const named = (name: string) => all.find((e) => e.name === name)!;
  expect(inTone(named("waving hand"), 0)).toBe("👋");
  expect(inTone(named("waving hand"), 5)).toBe("👋🏿");
  expect(inTone(named("parrot"), 5)).toBe("🦜");
});

test("what was picked comes first, and once", () => {
  expect(withRecent(["a", "b", "c"], "b", 3)).toEqual(["b", "a", "c"]);
  expect(withRecent(["a", "b", "c"], "d", 3)).toEqual(["d", "a", "b"]);
});
