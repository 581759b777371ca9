import { expect, test } from "vitest";
import { CatchUp } from "../src/catchup.js";
import { RoomLog } from "../src/log.js";
import type { Message, Page } from "../src/protocol.js";

const message = (seq: number): Message => ({
  id: `r.${seq}`,
  roomId: "r",
  seq,
  sender: { id: "other", name: "Other" },
  text: `${seq}`,
  sentAt: "2026-01-01T00:00:00Z",
});

/** A CatchUp against a server whose room has `head` messages and pages of `size` positions. */
function setUp(head: number, size = 3) {
  const state = {
    head,
    pending: [] as number[],
    silent: 0,
    gone: false,
    asked: [] as number[],
    online: true,
    waits: 0,
  };
  const log = new RoomLog("me");
  const catchUp = new CatchUp({
    log,
    async fetch(after): Promise<Page | undefined> {
      state.asked.push(after);
      if (state.silent-- > 0) throw new Error("timeout");
      if (state.gone) return undefined;
      const to = Math.min(after + size, state.head);
      const seqs = Array.from({ length: to - after }, (_, i) => after + 1 + i);
      return {
        messages: seqs.filter((s) => !state.pending.includes(s)).map(message),
        from: after + 1,
        to,
        head: state.head,
        more: to < state.head,
        pending: seqs.filter((s) => state.pending.includes(s)),
      };
    },
    onChange() {},
    online: () => state.online,
    async wait() {
      state.waits++;
      state.pending.shift();
    },
  });
  return { state, log, catchUp };
}

const first = (log: RoomLog, to: number) =>
  log.addPage({ messages: Array.from({ length: to }, (_, i) => message(i + 1)), from: 1, to, head: to, more: false });
const seqs = (log: RoomLog) => log.list().map((m) => m.seq);
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

test("after a reconnect, everything after the last gapless position is fetched, page by page", async () => {
  const { state, log, catchUp } = setUp(10);
  first(log, 2);
  await catchUp.refresh();
  expect(seqs(log)).toEqual(upTo(10));
  expect(state.asked).toEqual([2, 5, 8]);
});

test("a complete log is asked about only by a refresh, and once", async () => {
  const { state, log, catchUp } = setUp(2);
  first(log, 2);
  await catchUp.fill();
  expect(state.asked).toEqual([]);
  await catchUp.refresh();
  expect(state.asked).toEqual([2]);
});

test("a gap before a live message is filled", async () => {
  const { state, log, catchUp } = setUp(5);
  first(log, 2);
  log.add(message(5));
  await catchUp.fill();
  expect(seqs(log)).toEqual(upTo(5));
  expect(state.asked).toEqual([2]);
});

test("a pending position is asked for again, after a while", async () => {
  const { state, log, catchUp } = setUp(4);
  state.pending = [3];
  first(log, 2);
  await catchUp.refresh();
  expect(seqs(log)).toEqual(upTo(4));
  expect({ asked: state.asked, waits: state.waits }).toEqual({ asked: [2, 2], waits: 1 });
});

test("without an answer it asks again", async () => {
  const { state, log, catchUp } = setUp(4);
  state.silent = 3;
  first(log, 2);
  await catchUp.refresh();
  expect(seqs(log)).toEqual(upTo(4));
  expect(state.asked).toEqual([2, 2, 2, 2]);
});

test("a gap that opens while it is running is filled too, by one request at a time", async () => {
  const { state, log, catchUp } = setUp(3, 1);
  first(log, 2);
  const work = catchUp.refresh();
  state.head = 6;
  log.add(message(6));
  await Promise.all([work, catchUp.fill(), catchUp.fill()]);
  expect(seqs(log)).toEqual(upTo(6));
  expect(state.asked).toEqual([2, 3, 4]);
});

test("a refresh while it is running is not lost", async () => {
  const { state, log, catchUp } = setUp(3, 10);
  first(log, 2);
  log.add(message(3));
  const work = catchUp.refresh();
  await Promise.resolve().then(() => {}); // it has asked for the first page
  state.head = 4;
  await Promise.all([work, catchUp.refresh()]);
  expect(seqs(log)).toEqual(upTo(4));
});

test("it stops without a connection or when the room is gone, and can start again", async () => {
  const { state, log, catchUp } = setUp(4);
  first(log, 2);
  state.online = false;
  await catchUp.refresh();
  expect(state.asked).toEqual([]);
  state.online = true;
  state.gone = true;
  await catchUp.refresh();
  expect(state.asked).toEqual([2]);
  state.gone = false;
  await catchUp.refresh();
  expect(seqs(log)).toEqual(upTo(4));
});

test("a room that was never opened is not caught up", async () => {
  const { state, log, catchUp } = setUp(4);
  log.add(message(4));
  await Promise.all([catchUp.fill(), catchUp.refresh()]);
  expect(state.asked).toEqual([]);
});
