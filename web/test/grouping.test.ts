import type { Message } from "@confab/chat";
import { expect, test } from "vitest";
import { firstUnreadIn, groupingOf, type UnreadRange } from "../src/core/grouping";
import { dayName, sameDay, timeAgo } from "../src/core/time";

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
const marks = (messages: Message[], range?: UnreadRange) => {
  const unread = firstUnreadIn(messages, "me", range);
  return messages.map((message, i) => {
    const { startsDay, startsGroup, firstUnread } = groupingOf(message, messages[i - 1], unread);
    return [startsDay && "day", startsGroup && "group", firstUnread && "unread"].filter(Boolean).join(" ");
  });
};

test("messages of one person within a few minutes form a group", () => {
  expect(marks([message(1, "a", 0), message(2, "a", 4), message(3, "a", 10), message(4, "b", 10)])).toEqual([
    "day group",
    "",
    "group",
    "group",
  ]);
});

test("each day has a separator", () => {
  expect(marks([message(1, "a", 0), message(2, "a", 12 * 60 - 1), message(3, "a", 12 * 60)])).toEqual([
    "day group",
    "group",
    "day group",
  ]);
});

test("only the first unread message of other people is marked", () => {
  const all = [message(1, "a", 0), message(2, "me", 0), message(3, "a", 0), message(4, "a", 0)];
  expect(marks(all, { after: 1, until: 4 })).toEqual(["day group", "group", "group unread", ""]);
  expect(marks(all, { after: 4, until: 4 })).toEqual(["day group", "group", "group", ""]);
  expect(marks(all, { after: 3, until: 3 })).toEqual(["day group", "group", "group", ""]);
});

test("days are named as people name them", () => {
  const now = new Date(2026, 4, 4, 12, 0);
  expect(dayName(at(0), now)).toBe("Today");
  expect(dayName(at(-24 * 60), now)).toBe("Yesterday");
  expect(dayName(at(-3 * 24 * 60), now)).not.toContain("2026");
  expect(dayName(new Date(2024, 1, 1).toISOString(), now)).toContain("2024");
  expect(sameDay(at(0), at(1))).toBe(true);
});

test("past times are given roughly", () => {
  const now = new Date(start);
  const said = [0, -7, -180, -3 * 1440].map((minutes) => timeAgo(at(minutes), now));
  expect(said[0]).toBe("just now");
  expect(said.slice(1).map((s) => /\d+/.exec(s)?.[0])).toEqual(["7", "3", "3"]);
});
