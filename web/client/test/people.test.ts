import { expect, test } from "vitest";
import { PresenceMap } from "../src/presence.js";
import { TypingMap, TypingSignal } from "../src/typing.js";

test("of two reports about a user, the one with the larger version wins", () => {
  const map = new PresenceMap();
  expect(map.set("a", { online: false, version: 6 })).toBe(true);
  expect(map.set("a", { online: true, version: 5 })).toBe(false);
  expect(map.set("a", { online: true, version: 6 })).toBe(false);
  expect(map.get("a")).toEqual({ online: false, version: 6 });
  expect(map.set("a", { online: true, version: 7 })).toBe(true);
  expect(map.get("a")).toEqual({ online: true, version: 7 });
});

test("typing is shown for a while, or until it is ended", () => {
  const map = new TypingMap();
  const ada = { id: "a", name: "Ada" };
  map.set("r", ada, true, 1000);
  expect(map.in("r", 2000)).toEqual([ada]);
  expect(map.in("r", 6000)).toEqual([]);
  map.set("r", ada, true, 8000);
  map.set("r", ada, false, 8100);
  expect(map.in("r", 8200)).toEqual([]);
  expect(map.in("another", 8200)).toEqual([]);
});

test("typing is sent at once, then every few seconds, and its end once", () => {
  const told: boolean[] = [];
  const signal = new TypingSignal((on) => told.push(on));
  signal.stopped();
  for (const now of [10_000, 10_500, 12_000, 13_500]) signal.typed(now);
  signal.stopped();
  signal.stopped();
  signal.typed(14_000);
  expect(told).toEqual([true, true, false, true]);
});
