import { describe, expect, test } from "vitest";
import { RoomLog } from "../src/log.js";
import type { Message, Page } from "../src/protocol.js";

const me = { id: "me", name: "Me" };
const other = { id: "other", name: "Other" };
const message = (seq: number, more: Partial<Message> = {}): Message => ({
  id: `r.${seq}`,
  roomId: "r",
  seq,
  sender: other,
  text: `${seq}`,
  sentAt: "2026-01-01T00:00:00Z",
  ...more,
});
const page = (from: number, to: number, head: number, missing: number[] = [], pending: number[] = []): Page => ({
  messages: Array.from({ length: to - from + 1 }, (_, i) => from + i)
    .filter((s) => !missing.includes(s))
    .map((s) => message(s)),
  from,
  to,
  head,
  more: false,
  pending,
});
const seqs = (log: RoomLog) => log.list().map((m) => m.seq);

describe("a room's log", () => {
  for (const order of ["acknowledgement first", "echo first"]) {
    test(`an optimistic entry is replaced exactly once, ${order}`, () => {
      const log = new RoomLog("me");
      log.addPage(page(1, 2, 2));
      log.addDraft({ tempId: "t", text: "3", at: 1 });
      expect(log.listDrafts().length).toBe(1);
      const stored = message(3, { sender: me, tempId: "t" });
      log.add(stored);
      log.add({ ...stored });
      expect(log.listDrafts()).toEqual([]);
      expect(seqs(log)).toEqual([1, 2, 3]);
    });
  }

  test("another user's tempId replaces no draft", () => {
    const log = new RoomLog("me");
    log.addDraft({ tempId: "t", text: "mine", at: 1 });
    log.add(message(1, { tempId: "t" }));
    expect(log.listDrafts().length).toBe(1);
  });

  test("messages are in the order of their positions, each once, however they arrive", () => {
    const log = new RoomLog("me");
    log.addPage(page(1, 2, 2));
    for (const seq of [5, 3, 4, 3, 5]) log.add(message(seq));
    expect(seqs(log)).toEqual([1, 2, 3, 4, 5]);
    expect(log.missingAfter).toBeUndefined();
  });

  test("a gap says where to ask, until it is filled", () => {
    const log = new RoomLog("me");
    log.addPage(page(1, 2, 2));
    log.add(message(5));
    expect(log.missingAfter).toBe(2);
    expect(log.complete).toBe(2);
    log.addPage(page(3, 5, 5));
    expect(log.missingAfter).toBeUndefined();
    expect(log.complete).toBe(5);
  });

  test("a position without a message is no gap, but a pending one is", () => {
    const log = new RoomLog("me");
    log.addPage(page(1, 4, 4, [2, 3], [3]));
    expect(log.missingAfter).toBe(2);
    log.addPage(page(3, 4, 4, [3]));
    expect(log.missingAfter).toBeUndefined();
    expect(seqs(log)).toEqual([1, 4]);
  });

  test("older messages are put before", () => {
    const log = new RoomLog("me");
    log.addPage(page(51, 100, 100));
    expect(log.oldest).toBe(51);
    log.addPage(page(1, 50, 100));
    expect(log.oldest).toBe(1);
    expect(seqs(log).length).toBe(100);
  });

  test("a draft that is stored already is not shown again", () => {
    const log = new RoomLog("me");
    log.addPage({ messages: [message(1, { sender: me, tempId: "t" })], from: 1, to: 1, head: 1, more: false });
    log.addDraft({ tempId: "t", text: "1", at: 1 });
    expect(log.listDrafts()).toEqual([]);
  });

  test("a failed draft stays until it is removed, and a late echo still replaces it", () => {
    const log = new RoomLog("me");
    log.addDraft({ tempId: "a", text: "a", at: 1 });
    log.addDraft({ tempId: "b", text: "b", at: 2 });
    log.failDraft("a", "No answer.");
    log.failDraft("b", "No answer.");
    expect(log.listDrafts()).toEqual([
      { tempId: "a", text: "a", at: 1, failed: "No answer." },
      { tempId: "b", text: "b", at: 2, failed: "No answer." },
    ]);
    log.removeDraft("a");
    log.add(message(1, { sender: me, tempId: "b" }));
    expect(log.listDrafts()).toEqual([]);
  });

  test("a missing position in an older page is a gap too", () => {
    const log = new RoomLog("me");
    log.addPage(page(51, 60, 60));
    expect(log.complete).toBe(60);
    log.addPage(page(41, 50, 60, [45], [45]));
    expect(log.missingAfter).toBe(44);
    log.add(message(45));
    expect(log.missingAfter).toBeUndefined();
    expect(log.complete).toBe(60);
  });

  test("a larger head is a gap even without a message", () => {
    const log = new RoomLog("me");
    log.addPage(page(1, 2, 2));
    log.addPage({ messages: [], from: 3, to: 2, head: 4, more: true });
    expect(log.missingAfter).toBe(2);
  });

  test("an empty room is complete, and its first message is no gap", () => {
    const log = new RoomLog("me");
    log.addPage(page(1, 0, 0));
    expect(log.missingAfter).toBeUndefined();
    log.add(message(1));
    expect(log.missingAfter).toBeUndefined();
    expect(seqs(log)).toEqual([1]);
  });

  test("a live message before any page does not hide older messages", () => {
    const log = new RoomLog("me");
    log.add(message(7));
    expect(log.missingAfter).toBeUndefined();
    log.addPage(page(1, 6, 6));
    expect(seqs(log)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });
});

describe("changes of messages", () => {
  const edited = (seq: number, rev: number) => message(seq, { text: `revision ${rev}`, rev });

  test("the later state of a message stays, whichever comes first", () => {
    const log = new RoomLog("me");
    log.addPage(page(1, 2, 2));
    log.addRevision(edited(1, 2), 2);
    log.addRevision(edited(1, 1), 1);
    log.add(message(1));
    expect(log.list().map((m) => m.text)).toEqual(["revision 2", "2"]);
    expect([log.revision, log.missesChanges]).toEqual([2, false]);
  });

  test("a gap in the revisions is known until it is filled", () => {
    const log = new RoomLog("me");
    log.addPage({ ...page(1, 3, 3), rev: 4 });
    log.addRevision(edited(1, 7), 7);
    expect([log.revision, log.missesChanges]).toEqual([4, true]);
    log.addChanges([edited(2, 6)], 6);
    expect([log.revision, log.missesChanges]).toEqual([7, false]);
    expect(log.list().map((m) => m.text)).toEqual(["revision 7", "revision 6", "3"]);
  });

  test("an older page says nothing about the messages that are there already", () => {
    const log = new RoomLog("me");
    log.addPage({ ...page(51, 100, 100), rev: 4 });
    log.addPage({ ...page(1, 50, 100), rev: 9 });
    expect(log.revision).toBe(4);
  });
});
