import { expect, test } from "vitest";
import { PresenceMap } from "../src/core/presence";
import { isEmoji, pieces } from "../src/core/text";
import { TypingMap, TypingSignal } from "../src/core/typing";

test("of two things heard about somebody, the one with the larger version is true", () => {
  const map = new PresenceMap();
  map.set("a", { online: false, version: 6 });
  map.set("a", { online: true, version: 5 });
  expect(map.get("a")).toEqual({ online: false, version: 6 });
  map.set("a", { online: true, version: 7 });
  expect(map.get("a")?.online).toBe(true);
});

test("typing is shown for a while, or until it is taken back", () => {
  const map = new TypingMap();
  const ada = { id: "a", name: "Ada" };
  map.set("r", ada, true, 1000);
  expect(map.in("r", 2000)).toEqual([ada]);
  expect(map.in("r", 7000)).toEqual([]);
  map.set("r", ada, true, 8000);
  map.set("r", ada, false, 8100);
  expect(map.in("r", 8200)).toEqual([]);
});

test("typing is told at once, then seldom, and its end once", () => {
  const told: boolean[] = [];
  const signal = new TypingSignal((on) => told.push(on));
  signal.stopped();
  for (const now of [10_000, 10_500, 12_000, 13_500]) signal.typed(now);
  signal.stopped();
  signal.stopped();
  expect(told).toEqual([true, true, false]);
});

test("web addresses are found, and nothing else becomes a link", () => {
  expect(pieces("see https://a.example/x?y=1, or (http://b.example).")).toEqual([
    { text: "see " }, { url: "https://a.example/x?y=1" }, { text: ", or (" }, { url: "http://b.example" }, { text: ")." },
  ]);
  expect(pieces("javascript:alert(1)")).toEqual([{ text: "javascript:alert(1)" }]);
});

test("a few emoji alone are shown large", () => {
  expect(isEmoji("🎉")).toBe(true);
  expect(isEmoji("👍🏽 🚀")).toBe(true);
  expect(isEmoji("ok 👍")).toBe(false);
  expect(isEmoji("12")).toBe(false);
});
