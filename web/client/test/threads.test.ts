import { expect, test } from "vitest";
import type { Message } from "../src/protocol.js";
import {
  type Follows,
  listFollowed,
  logOf,
  partsOf,
  replaceFollows,
  takeFollow,
  takeReply,
  unreadReplies,
} from "../src/threads.js";

const ada = { id: "a", name: "Ada" };
const bob = { id: "b", name: "Bob" };
const none: Follows = new Map();

const first = (count: number, more: Partial<Message> = {}): Message => ({
  id: "r.1",
  roomId: "r",
  seq: 1,
  sender: ada,
  text: "first",
  sentAt: "2026-01-01T00:00:00Z",
  rev: count,
  ...(count > 0 && { thread: { count, lastAt: `2026-01-01T00:00:0${count}Z` } }),
  ...more,
});
const reply = (seq: number, sender = bob): Message => ({ ...first(0), id: `r.1.${seq}`, seq, sender, threadOf: 1 });
const mark = (seq: number, version = 0) => ({ seq, version });
const unread = (follows: Follows, id = "r.1") => unreadReplies(follows.get(id));

test("a log's id is its room's, or that of a thread's first message", () => {
  expect([logOf(first(0)), logOf(reply(2))]).toEqual(["r", "r.1"]);
  expect([partsOf("r"), partsOf("r.1")]).toEqual([{ roomId: "r" }, { roomId: "r", threadOf: 1 }]);
});

test("who began a thread follows it from the first reply on, and who replies has read it", () => {
  const one = takeReply(none, "a", reply(1), first(1));
  expect(unread(one)).toBe(1);
  expect(unread(takeReply(one, "a", reply(2), first(2)))).toBe(2);
  expect(unread(takeReply(one, "a", reply(2, ada), first(2)))).toBe(0);
  expect(takeReply(none, "b", reply(1, ada), first(1)).size).toBe(0);
  expect(takeReply(none, "a", reply(2), first(2)).size).toBe(0); // it was stopped before
});

test("late events change nothing", () => {
  const now = takeFollow(takeFollow(none, first(3), { on: true, mark: mark(3) }), first(2), {
    on: true,
    mark: mark(2),
  });
  expect([now.get("r.1")?.first.thread?.count, unread(now)]).toEqual([3, 0]);
  expect(unread(takeFollow(now, first(3), { on: true, mark: mark(1, 1) }))).toBe(2);
});

test("a thread that is not followed has nothing unread, and is not listed", () => {
  const stopped = takeFollow(none, first(3), { on: false, mark: mark(1) });
  expect(unread(stopped)).toBe(0);
  expect(listFollowed(stopped, () => true)).toEqual([]);
  expect(unread(takeReply(stopped, "a", reply(4), first(4)))).toBe(0);
});

test("the list takes the place of what was known, but not of what has changed since", () => {
  const other = first(1, { id: "r.2", seq: 2 });
  const asked = takeFollow(takeFollow(none, first(1), { on: true, mark: mark(0) }), other, { on: true, mark: mark(0) });
  const meanwhile = takeFollow(asked, first(1), { on: false, mark: mark(1) });
  const next = replaceFollows(meanwhile, asked, [{ first: first(1), mark: mark(0), unread: 1 }]);
  expect([...next.keys()]).toEqual(["r.1"]);
  expect(next.get("r.1")).toMatchObject({ on: false, mark: mark(1) });
  expect(unread(replaceFollows(asked, asked, [{ first: first(2), mark: mark(1), unread: 1 }]))).toBe(1);
});

test("threads with unread replies come first, and then those with the latest", () => {
  const follow = (follows: Follows, id: string, count: number, seq: number) =>
    takeFollow(follows, first(count, { id }), { on: true, mark: mark(seq) });
  const all = follow(follow(follow(none, "r.1", 3, 3), "r.2", 4, 4), "r.3", 1, 0);
  expect(listFollowed(all, () => true).map((f) => f.first.id)).toEqual(["r.3", "r.2", "r.1"]);
  expect(listFollowed(all, () => false)).toEqual([]);
});
