import { expect, test } from "vitest";
import type { Mark, Room } from "../src/protocol.js";
import { ReadMarks } from "../src/readMarks.js";
import { memoryStorage } from "./storage.js";

const room = (id: string, head: number, mark?: Mark): Room => ({
  id,
  name: id,
  kind: "channel",
  head,
  createdAt: "",
  createdBy: { id: "a", name: "Ada" },
  ...(mark && { mark }),
});

/** Marks with a room "tea" of ten messages, whose mark is that of a first member. */
function setUp(mark: Mark = { seq: 3, version: 100 }, storage = memoryStorage()) {
  const marks = new ReadMarks(storage, "k", "former");
  const list = (...rooms: Room[]) => marks.replace(rooms, marks.snapshot());
  list(room("tea", 10, mark));
  return { marks, list, storage };
}

test("what the server has told is read, and what was seen since", () => {
  const { marks } = setUp();
  expect(marks.get("tea")).toBe(3);
  expect([marks.see("tea", 5), marks.see("tea", 4), marks.see("tea", 5), marks.see("tea", 3)]).toEqual([
    true,
    false,
    false,
    false,
  ]);
  expect([marks.get("tea"), marks.unsent()]).toEqual([5, [{ roomId: "tea", seq: 5, version: 100 }]]);
  marks.take("tea", { seq: 5, version: 100 });
  expect([marks.get("tea"), marks.unsent()]).toEqual([5, []]);
});

test("what the server has not acknowledged survives the page", () => {
  const { marks, storage } = setUp();
  marks.see("tea", 8);
  marks.save();
  const later = new ReadMarks(storage, "k", "former");
  expect([later.get("tea"), later.unsent()]).toEqual([8, [{ roomId: "tea", seq: 8, version: 100 }]]);
});

test("unreadable storage counts as none", () => {
  const storage = memoryStorage();
  storage.setItem("k", "{");
  expect(setUp({ seq: 1, version: 1 }, storage).marks.get("tea")).toBe(1);
});

test("marks that come late or out of order change nothing", () => {
  const { marks } = setUp();
  marks.take("tea", { seq: 9, version: 100 });
  marks.take("tea", { seq: 7, version: 100 });
  expect(marks.get("tea")).toBe(9);
  marks.take("tea", { seq: 2, version: 101 });
  marks.take("tea", { seq: 10, version: 100 });
  expect(marks.get("tea")).toBe(2);
});

test("after a device has marked messages as unread, nothing counts as seen until the room is opened", () => {
  const { marks } = setUp();
  marks.see("tea", 9);
  marks.noteSent("tea", 11);
  marks.take("tea", { seq: 1, version: 101 });
  expect([marks.get("tea"), marks.unsent(), marks.isHeld("tea")]).toEqual([1, [], true]);
  expect([marks.see("tea", 11), marks.get("tea")]).toEqual([false, 1]);
  marks.setHeld("tea", false);
  expect([marks.see("tea", 11), marks.unsent()]).toEqual([true, [{ roomId: "tea", seq: 11, version: 101 }]]);
});

test("a message of one's own is read, until the list knows better", () => {
  const { marks, list } = setUp();
  marks.noteSent("tea", 7);
  expect(marks.get("tea"), "the list has had it").toBe(3);
  marks.noteSent("tea", 11);
  expect(marks.get("tea")).toBe(11);
  const asked = marks.snapshot();
  marks.noteSent("tea", 12);
  marks.replace([room("tea", 11, { seq: 4, version: 100 })], asked);
  expect(marks.get("tea"), "it was sent after the list was asked for").toBe(12);
  list(room("tea", 12, { seq: 4, version: 100 }));
  expect(marks.get("tea")).toBe(4);
});

test("a room without a mark is read as this device remembers it, or whole, and the server is told", () => {
  const storage = memoryStorage();
  storage.setItem("former", JSON.stringify({ tea: 4 }));
  const marks = new ReadMarks(storage, "k", "former");
  marks.replace([room("tea", 10), room("art", 6)], marks.snapshot());
  expect([marks.get("tea"), marks.get("art")]).toEqual([4, 6]);
  expect(marks.unsent()).toEqual([
    { roomId: "tea", seq: 4 },
    { roomId: "art", seq: 6 },
  ]);
  expect(storage.getItem("former")).toBe(null);
  marks.take("tea", { seq: 4, version: 0 });
  marks.take("art", { seq: 6, version: 0 });
  marks.replace([room("tea", 11, { seq: 4, version: 0 }), room("art", 6, { seq: 6, version: 0 })], marks.snapshot());
  expect([marks.get("tea"), marks.unsent()]).toEqual([4, []]);
});

test("a room that the user has just joined is read, and one that they left is forgotten", () => {
  const { marks, list } = setUp();
  marks.add(room("art", 6));
  expect(marks.get("art")).toBe(6);
  expect([marks.see("art", 6), marks.unsent()]).toEqual([true, [{ roomId: "art", seq: 6 }]]);
  list(room("art", 6, { seq: 6, version: 200 }));
  expect([marks.get("tea"), marks.get("art")]).toEqual([0, 6]);
});
