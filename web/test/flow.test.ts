import { expect, test } from "vitest";
import { rows, type Unread } from "../src/core/flow";
import type { Message } from "../src/core/protocol";
import { agoOf, dayName, sameDay } from "../src/core/time";

const start = new Date(2026, 4, 4, 12, 0).getTime(); // noon, wherever this runs
const at = (minutes: number) => new Date(start + minutes * 60_000).toISOString();
const message = (seq: number, sender: string, minutes: number): Message => ({
  id: `${seq}`,
  roomId: "r",
  seq,
  sender: { id: sender, name: sender },
  text: "",
  sentAt: at(minutes),
});
const marks = (messages: Message[], unread?: Unread) =>
  rows(messages, "me", unread).map((r) =>
    [r.newDay && "day", r.head && "head", r.unread && "unread"].filter(Boolean).join(" "),
  );

test("messages of one person within a few minutes stand together", () => {
  expect(marks([message(1, "a", 0), message(2, "a", 4), message(3, "a", 10), message(4, "b", 10)])).toEqual([
    "day head",
    "",
    "head",
    "head",
  ]);
});

test("each day has a separator", () => {
  expect(marks([message(1, "a", 0), message(2, "a", 12 * 60 - 1), message(3, "a", 12 * 60)])).toEqual([
    "day head",
    "head",
    "day head",
  ]);
});

test("the first message of others that was unread when one came is marked, and no other", () => {
  const all = [message(1, "a", 0), message(2, "me", 0), message(3, "a", 0), message(4, "a", 0)];
  expect(marks(all, { after: 1, until: 4 })).toEqual(["day head", "head", "head unread", ""]);
  expect(marks(all, { after: 4, until: 4 })).toEqual(["day head", "head", "head", ""]);
  expect(marks(all, { after: 3, until: 3 })).toEqual(["day head", "head", "head", ""]);
});

test("days have names as people say them", () => {
  const now = new Date(2026, 4, 4, 12, 0);
  expect(dayName(at(0), now)).toBe("Today");
  expect(dayName(at(-24 * 60), now)).toBe("Yesterday");
  expect(dayName(at(-3 * 24 * 60), now)).not.toContain("2026");
  expect(dayName(new Date(2024, 1, 1).toISOString(), now)).toContain("2024");
  expect(sameDay(at(0), at(1))).toBe(true);
});

test("how long ago is said roughly", () => {
  const now = new Date(start);
  const said = [0, -7, -180, -3 * 1440].map((minutes) => agoOf(at(minutes), now));
  expect(said[0]).toBe("just now");
  expect(said.slice(1).map((s) => /\d+/.exec(s)?.[0])).toEqual(["7", "3", "3"]);
});
