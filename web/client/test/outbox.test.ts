import { expect, test } from "vitest";
import { Outbox, type Outgoing } from "../src/outbox.js";
import type { Answer, ErrorCodeOf } from "../src/protocol.js";

type Reply = Answer<"sendMessage"> | "silence";
const outgoing = (tempId: string, roomId = "r"): Outgoing => ({ roomId, tempId, text: tempId, at: 0 });
const stored = (o: Outgoing): Reply => ({
  ok: true,
  message: {
    id: o.tempId,
    roomId: o.roomId,
    seq: 1,
    sender: { id: "me", name: "Me" },
    text: o.text,
    tempId: o.tempId,
    sentAt: "",
  },
});
const refused = (code: ErrorCodeOf<"sendMessage">): Reply => ({ ok: false, error: { code, message: code } });

function setUp(replies: (o: Outgoing) => Reply, typed?: ReturnType<typeof memoryTyped>) {
  const tried: string[] = [];
  const sent: string[] = [];
  const failed: string[] = [];
  const outbox = new Outbox({
    async send(o) {
      tried.push(o.tempId);
      const reply = replies(o);
      if (reply === "silence") throw new Error("timeout");
      return reply;
    },
    onSent: (m) => sent.push(m.tempId!),
    onFailed: (o, reason) => failed.push(`${o.tempId}: ${reason}`),
    wait: () => Promise.resolve(),
    ...(typed && { typed }),
  });
  return { outbox, tried, sent, failed };
}

/** Keeps messages for the next outbox. */
function memoryTyped() {
  const kept = new Map<string, Outgoing>();
  return {
    kept,
    keep: (o: Outgoing) => void kept.set(o.tempId, { ...o }),
    forget: (tempId: string) => void kept.delete(tempId),
  };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

test("messages leave in the order in which they were written", async () => {
  const { outbox, sent } = setUp(stored);
  outbox.setOnline(true);
  for (const id of ["a", "b", "c"]) outbox.add(outgoing(id));
  await settle();
  expect(sent).toEqual(["a", "b", "c"]);
  expect(outbox.unsent).toEqual([]);
});

test("without an answer the same tempId is sent again", async () => {
  let silent = 2;
  const { outbox, tried, sent } = setUp((o) => (silent-- > 0 ? "silence" : stored(o)));
  outbox.setOnline(true);
  outbox.add(outgoing("a"));
  await settle();
  expect(tried).toEqual(["a", "a", "a"]);
  expect(sent).toEqual(["a"]);
});

test("nothing is sent without a connection, and everything with the next one", async () => {
  const { outbox, tried, sent } = setUp(stored);
  outbox.add(outgoing("a"));
  await settle();
  expect(tried).toEqual([]);
  outbox.setOnline(true);
  await settle();
  expect(sent).toEqual(["a"]);
});

test("a refusal is final, and a temporary error is tried again a few times", async () => {
  const { outbox, tried, failed } = setUp((o) => refused(o.tempId === "a" ? "forbidden" : "unavailable"));
  outbox.setOnline(true);
  outbox.add(outgoing("a"));
  outbox.add(outgoing("b"));
  await settle();
  expect(failed).toEqual(["a: forbidden", "b: unavailable"]);
  expect(tried.filter((id) => id === "a").length).toBe(1);
  expect(tried.filter((id) => id === "b").length).toBe(8);
});

test("a failing room does not hold up another", async () => {
  const { outbox, sent } = setUp((o) => (o.roomId === "bad" ? "silence" : stored(o)));
  outbox.setOnline(true);
  outbox.add(outgoing("a", "bad"));
  outbox.add(outgoing("b", "good"));
  await settle();
  expect(sent).toContain("b");
});

test("a failed message stays, and is sent by a retry", async () => {
  let refusing = true;
  const { outbox, tried, sent, failed } = setUp((o) => (refusing ? refused("forbidden") : stored(o)));
  outbox.setOnline(true);
  outbox.add(outgoing("a"));
  await settle();
  expect(failed).toEqual(["a: forbidden"]);
  expect(outbox.unsent).toEqual([{ ...outgoing("a"), failed: "forbidden" }]);
  refusing = false;
  outbox.retry("a");
  await settle();
  expect(tried).toEqual(["a", "a"]);
  expect(sent).toEqual(["a"]);
  expect(outbox.unsent).toEqual([]);
});

test("a removed message is not sent again", async () => {
  const { outbox, tried, sent, failed } = setUp(() => {
    outbox.remove("a"); // the echo overtakes the acknowledgement
    return "silence";
  });
  outbox.setOnline(true);
  outbox.add(outgoing("a"));
  await settle();
  expect({ tried, sent, failed, unsent: outbox.unsent }).toEqual({ tried: ["a"], sent: [], failed: [], unsent: [] });
});

test("a lost connection is no failed attempt, and the same message goes first with the next one", async () => {
  let breaks = 20;
  let silent = 7; // one less than the most attempts
  const { outbox, tried, failed, sent } = setUp((o) => {
    if (breaks-- <= 0) return silent-- > 0 ? "silence" : stored(o);
    outbox.setOnline(false);
    setTimeout(() => outbox.setOnline(true));
    return "silence";
  });
  outbox.setOnline(true);
  outbox.add(outgoing("a"));
  outbox.add(outgoing("b"));
  await expect.poll(() => sent).toEqual(["a", "b"]);
  expect(failed).toEqual([]);
  expect(tried).toEqual([...Array<string>(28).fill("a"), "b"]);
});

test("a closed outbox sends nothing", async () => {
  const { outbox, tried } = setUp(stored);
  outbox.add(outgoing("a"));
  outbox.close();
  outbox.setOnline(true);
  outbox.add(outgoing("b"));
  await settle();
  expect(tried).toEqual([]);
});

test("an answer that comes after the outbox was closed is ignored", async () => {
  for (const reply of [stored, () => refused("forbidden")]) {
    const { outbox, tried, sent, failed } = setUp((o) => {
      outbox.close();
      return reply(o);
    });
    outbox.setOnline(true);
    outbox.add(outgoing("a"));
    await settle();
    expect({ tried, sent, failed }).toEqual({ tried: ["a"], sent: [], failed: [] });
  }
});

test("a failed message is still failed when it is taken over", async () => {
  const typed = memoryTyped();
  const { outbox } = setUp(() => refused("forbidden"), typed);
  outbox.setOnline(true);
  outbox.add(outgoing("a"));
  await settle();
  const later = setUp(stored, typed);
  for (const o of typed.kept.values()) later.outbox.adopt(o);
  later.outbox.setOnline(true);
  await settle();
  expect(later.tried).toEqual([]);
  expect(later.outbox.unsent).toEqual([{ ...outgoing("a"), failed: "forbidden" }]);
});

test("unsent messages are kept until they are sent, and then no longer", async () => {
  const typed = memoryTyped();
  setUp(() => "silence", typed).outbox.add(outgoing("a"));
  const { outbox, sent } = setUp(stored, typed);
  for (const o of typed.kept.values()) outbox.adopt(o);
  expect(outbox.unsent.map((o) => o.tempId)).toEqual(["a"]);
  outbox.setOnline(true);
  await settle();
  expect([sent, typed.kept.size]).toEqual([["a"], 0]);
});

test("a message that is taken over is sent before what was written later", async () => {
  const { outbox, sent } = setUp(stored);
  outbox.add({ ...outgoing("new"), at: 2 });
  outbox.adopt({ ...outgoing("old"), at: 1 });
  outbox.setOnline(true);
  await settle();
  expect(sent).toEqual(["old", "new"]);
});

test("a closed outbox keeps and forgets nothing more", () => {
  const typed = memoryTyped();
  const { outbox } = setUp(stored, typed);
  outbox.add(outgoing("a"));
  outbox.close();
  outbox.remove("a");
  outbox.add(outgoing("b"));
  expect([...typed.kept.keys()]).toEqual(["a"]);
});
