import { expect, test } from "vitest";
import { Outbox, type Outgoing } from "../src/core/outbox";
import type { Answer, Message } from "../src/core/protocol";

type Reply = Answer<{ message: Message }> | "silence";
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
const refused = (code: string): Reply => ({ ok: false, error: { code, message: code } });

function box(replies: (o: Outgoing) => Reply, storage?: Storage) {
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
    sent: (m) => sent.push(m.tempId!),
    failed: (o, reason) => failed.push(`${o.tempId}: ${reason}`),
    wait: () => Promise.resolve(),
    storage,
  });
  return { outbox, tried, sent, failed };
}

function keeping(): Storage {
  const kept = new Map<string, string>();
  return {
    getItem: (k: string) => kept.get(k) ?? null,
    setItem: (k: string, v: string) => void kept.set(k, v),
  } as Storage;
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

test("messages leave in the order in which they were written", async () => {
  const { outbox, sent } = box(stored);
  outbox.setOnline(true);
  for (const id of ["a", "b", "c"]) outbox.add(outgoing(id));
  await settle();
  expect(sent).toEqual(["a", "b", "c"]);
  expect(outbox.unsent).toEqual([]);
});

test("without an answer the same tempId is sent again", async () => {
  let silent = 2;
  const { outbox, tried, sent } = box((o) => (silent-- > 0 ? "silence" : stored(o)));
  outbox.setOnline(true);
  outbox.add(outgoing("a"));
  await settle();
  expect(tried).toEqual(["a", "a", "a"]);
  expect(sent).toEqual(["a"]);
});

test("nothing is tried without a connection, and everything after", async () => {
  const { outbox, tried, sent } = box(stored);
  outbox.add(outgoing("a"));
  await settle();
  expect(tried).toEqual([]);
  outbox.setOnline(true);
  await settle();
  expect(sent).toEqual(["a"]);
});

test("a refusal is final, what may pass is tried again a few times", async () => {
  const { outbox, tried, failed } = box((o) => refused(o.tempId === "a" ? "forbidden" : "unavailable"));
  outbox.setOnline(true);
  outbox.add(outgoing("a"));
  outbox.add(outgoing("b"));
  await settle();
  expect(failed).toEqual(["a: forbidden", "b: unavailable"]);
  expect(tried.filter((id) => id === "a").length).toBe(1);
  expect(tried.filter((id) => id === "b").length).toBe(8);
});

test("one room's trouble does not hold up another", async () => {
  const { outbox, sent } = box((o) => (o.roomId === "bad" ? "silence" : stored(o)));
  outbox.setOnline(true);
  outbox.add(outgoing("a", "bad"));
  outbox.add(outgoing("b", "good"));
  await settle();
  expect(sent).toContain("b");
});

test("what was given up stays, and goes when it is tried again", async () => {
  let refusing = true;
  const { outbox, tried, sent, failed } = box((o) => (refusing ? refused("forbidden") : stored(o)));
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

test("what is known to be stored, or discarded, is not sent again", async () => {
  const { outbox, tried, sent, failed } = box(() => {
    outbox.remove("a"); // the echo overtakes the acknowledgement
    return "silence";
  });
  outbox.setOnline(true);
  outbox.add(outgoing("a"));
  await settle();
  expect({ tried, sent, failed, unsent: outbox.unsent }).toEqual({ tried: ["a"], sent: [], failed: [], unsent: [] });
});

test("a line that breaks is nobody's failure, and the same message goes first when it is back", async () => {
  let breaks = 20;
  let silent = 7; // as often as may be
  const { outbox, tried, failed, sent } = box((o) => {
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

test("a closed outbox sends nothing, whatever it waited for", async () => {
  const { outbox, tried } = box(stored);
  outbox.add(outgoing("a"));
  outbox.close();
  outbox.setOnline(true);
  outbox.add(outgoing("b"));
  await settle();
  expect(tried).toEqual([]);
});

test("an answer that comes after the outbox was closed reaches nobody", async () => {
  for (const reply of [stored, () => refused("forbidden")]) {
    const { outbox, tried, sent, failed } = box((o) => {
      outbox.close();
      return reply(o);
    });
    outbox.setOnline(true);
    outbox.add(outgoing("a"));
    await settle();
    expect({ tried, sent, failed }).toEqual({ tried: ["a"], sent: [], failed: [] });
  }
});

test("a storage full of nonsense is an empty outbox", () => {
  for (const saved of ["{", "null", "7", '[{"text":1}]']) {
    const storage = { getItem: () => saved, setItem: () => {} } as unknown as Storage;
    expect(box(stored, storage).outbox.unsent).toEqual([]);
  }
});

test("what was given up is still given up after a reload", async () => {
  const storage = keeping();
  const { outbox } = box(() => refused("forbidden"), storage);
  outbox.setOnline(true);
  outbox.add(outgoing("a"));
  await settle();
  const reloaded = box(stored, storage);
  reloaded.outbox.setOnline(true);
  await settle();
  expect(reloaded.tried).toEqual([]);
  expect(reloaded.outbox.unsent).toEqual([{ ...outgoing("a"), failed: "forbidden" }]);
});

test("what is unsent survives a reload", async () => {
  const storage = keeping();
  box(() => "silence", storage).outbox.add(outgoing("a"));
  const { outbox, sent } = box(stored, storage);
  expect(outbox.unsent.map((o) => o.tempId)).toEqual(["a"]);
  outbox.setOnline(true);
  await settle();
  expect(sent).toEqual(["a"]);
});
