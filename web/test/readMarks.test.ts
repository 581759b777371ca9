import { expect, test } from "vitest";
import type { Kind, Room } from "../src/core/protocol";
import { ReadMarks } from "../src/core/readMarks";

const room = (id: string, kind: Kind, head: number): Room => ({
  id,
  name: id,
  kind,
  head,
  createdAt: "",
  createdBy: { id: "a", name: "Ada" },
});

function storage() {
  const kept = new Map<string, string>();
  return { getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => void kept.set(k, v) };
}

test("on a new device everything counts as read", () => {
  const marks = new ReadMarks(storage(), "k");
  marks.addRooms([room("c", "channel", 7), room("d", "direct", 3)]);
  expect([marks.get("c"), marks.get("d")]).toEqual([7, 3]);
});

test("later the past of a channel counts as read, and a new private or direct room as unread", () => {
  const marks = new ReadMarks(storage(), "k");
  marks.addRooms([]);
  marks.addRooms([room("c", "channel", 7), room("g", "group", 5), room("d", "direct", 3), room("p", "private", 2)]);
  expect(["c", "g", "d", "p"].map((id) => marks.get(id))).toEqual([7, 5, 0, 0]);
});

test("an older stored position changes nothing", () => {
  const s = storage();
  const marks = new ReadMarks(s, "k");
  marks.advance("c", 5);
  s.setItem("k", JSON.stringify({ c: 2 }));
  marks.reload();
  expect(marks.get("c")).toBe(5);
});

test("the last read position only grows, and is stored", () => {
  const s = storage();
  const marks = new ReadMarks(s, "k");
  marks.addRooms([room("c", "channel", 7)]);
  expect([marks.advance("c", 9), marks.advance("c", 8), marks.advance("c", 9)]).toEqual([true, false, false]);
  expect(new ReadMarks(s, "k").get("c")).toBe(9);
});

test("an empty room is remembered", () => {
  const s = storage();
  new ReadMarks(s, "k").addRooms([room("c", "channel", 0)]);
  const later = new ReadMarks(s, "k");
  later.addRooms([room("c", "channel", 2)]);
  expect(later.get("c")).toBe(0);
});

test("what another tab has read counts here too", () => {
  const s = storage();
  const [a, b] = [new ReadMarks(s, "k"), new ReadMarks(s, "k")];
  for (const marks of [a, b]) marks.addRooms([room("c", "channel", 1), room("d", "channel", 1)]);
  a.advance("c", 5);
  b.advance("d", 4);
  a.reload();
  expect([a.get("c"), a.get("d"), b.get("c"), b.get("d")]).toEqual([5, 4, 5, 4]);
});
