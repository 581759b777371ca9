import { expect, test } from "vitest";
import { ReadMarks } from "../src/core/marks";
import type { Kind, Room } from "../src/core/protocol";

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

test("a device that is new has nothing to catch up with", () => {
  const marks = new ReadMarks(storage(), "k");
  marks.meet([room("c", "channel", 7), room("d", "direct", 3)]);
  expect([marks.of("c"), marks.of("d")]).toEqual([7, 3]);
});

test("later, the past of a channel is no news, but a conversation that somebody started is", () => {
  const marks = new ReadMarks(storage(), "k");
  marks.meet([]);
  marks.meet([room("c", "channel", 7), room("g", "group", 5), room("d", "direct", 3), room("p", "private", 2)]);
  expect(["c", "g", "d", "p"].map((id) => marks.of(id))).toEqual([7, 5, 0, 0]);
});

test("a stored position that is behind takes nothing back", () => {
  const s = storage();
  const marks = new ReadMarks(s, "k");
  marks.read("c", 5);
  s.setItem("k", JSON.stringify({ c: 2 }));
  marks.reload();
  expect(marks.of("c")).toBe(5);
});

test("the last read position only grows, and is kept", () => {
  const s = storage();
  const marks = new ReadMarks(s, "k");
  marks.meet([room("c", "channel", 7)]);
  expect([marks.read("c", 9), marks.read("c", 8), marks.read("c", 9)]).toEqual([true, false, false]);
  expect(new ReadMarks(s, "k").of("c")).toBe(9);
});

test("a room without a read message is remembered as one that was met", () => {
  const s = storage();
  new ReadMarks(s, "k").meet([room("c", "channel", 0)]);
  const later = new ReadMarks(s, "k");
  later.meet([room("c", "channel", 2)]);
  expect(later.of("c")).toBe(0);
});

test("what another tab has read counts, and never takes anything back", () => {
  const s = storage();
  const [a, b] = [new ReadMarks(s, "k"), new ReadMarks(s, "k")];
  for (const marks of [a, b]) marks.meet([room("c", "channel", 1), room("d", "channel", 1)]);
  a.read("c", 5);
  b.read("d", 4);
  a.reload();
  expect([a.of("c"), a.of("d"), b.of("c"), b.of("d")]).toEqual([5, 4, 5, 4]);
});
