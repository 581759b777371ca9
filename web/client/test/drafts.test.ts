import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Draft } from "../src/contract.js";
import { Drafts } from "../src/drafts.js";
import type { KeptDraft } from "../src/typed.js";

type Reply = Draft | "later" | "never";

/** A browser that keeps drafts. */
function browser(kept = new Map<string, KeptDraft>()) {
  return {
    kept,
    loadDrafts: async () => new Map(kept),
    keepDraft: (log: string, draft: KeptDraft) =>
      void (draft.text || draft.saved ? kept.set(log, draft) : kept.delete(log)),
  };
}

/** What the server stored at the second of the test's clock, or at another one. */
const stored = (text: string, second = Date.now() / 1000): Draft => ({
  text,
  savedAt: new Date(second * 1000).toISOString(),
});

/** Drafts of a device in room "r". */
function device(typed = browser(), reply: (text: string) => Reply = stored) {
  const saves: string[] = [];
  const drafts = new Drafts({
    typed,
    async save(_log, text) {
      saves.push(text);
      return reply(text);
    },
    onChange: () => {},
  });
  return { drafts, saves, typed, text: () => drafts.textOf("r") };
}

const seconds = (n: number) => vi.advanceTimersByTimeAsync(n * 1000);

beforeEach(() => void vi.useFakeTimers({ now: 1000 }));
afterEach(() => void vi.useRealTimers());

test("what is typed is saved once in five seconds, when the field is left, and at once when it is empty", async () => {
  const { drafts, saves } = device();
  for (const text of ["a", "ab", "abc", "abcd", "abcde", "abcdef"]) {
    drafts.type("r", text);
    await seconds(1);
  }
  expect(saves).toEqual(["abcde"]);
  await drafts.save("r");
  await drafts.save("r");
  expect(saves).toEqual(["abcde", "abcdef"]);
  drafts.type("r", "");
  await seconds(60);
  expect(saves).toEqual(["abcde", "abcdef", ""]);
});

test("a message that is sent before its text was saved costs no request", async () => {
  const { drafts, saves, typed } = device();
  drafts.type("r", "hello");
  expect(typed.kept.get("r")?.text).toBe("hello");
  drafts.type("r", "");
  await seconds(60);
  expect([saves, typed.kept.size]).toEqual([[], 0]);
});

test("what another device has saved later is shown", async () => {
  const { drafts, text, typed } = device();
  drafts.hear("r", stored("two", 2));
  expect([text(), typed.kept.get("r")?.text]).toEqual(["two", "two"]);
  drafts.hear("r", stored("one", 1));
  expect(text()).toBe("two");
  drafts.hear("r", stored("", 3));
  expect([text(), typed.kept.size]).toEqual(["", 0]);
});

test("what is not saved, or was typed a moment ago, is not replaced, and is saved", async () => {
  const { drafts, saves, text } = device();
  drafts.type("r", "mine");
  drafts.hear("r", stored("theirs", 2));
  expect(text()).toBe("mine");
  await seconds(5);
  expect(saves).toEqual(["mine"]);
  drafts.type("r", "mine!");
  await drafts.save("r");
  drafts.hear("r", stored("theirs again", 7));
  expect(text()).toBe("mine!");
  await seconds(5);
  expect(saves).toEqual(["mine", "mine!", "mine!"]);
  drafts.type("r", "mine, mine");
  drafts.leave("r");
  await seconds(0);
  drafts.hear("r", stored("at last", 100));
  expect([text(), saves.length]).toEqual(["at last", 4]);
});

test("what was typed without a line is saved when there is one", async () => {
  let online = false;
  const { drafts, saves, text } = device(browser(), (t) => (online ? stored(t) : "later"));
  drafts.hear("r", stored("before", 0.5));
  drafts.type("r", "offline");
  await seconds(11);
  drafts.replaceAll([{ id: "r", draft: stored("elsewhere", 5) }], drafts.snapshot());
  expect(text()).toBe("offline");
  online = true;
  await seconds(5);
  expect([text(), saves.at(-1)]).toEqual(["offline", "offline"]);
});

test("the next visit has what was typed, and saves what was not saved", async () => {
  const typed = browser();
  const first = device(typed, () => "later");
  first.drafts.type("r", "half a thought");
  await first.drafts.save("r");
  first.drafts.close();
  const second = device(typed);
  await seconds(0);
  expect(second.text()).toBe("half a thought");
  await seconds(5);
  expect(second.saves).toEqual(["half a thought"]);
});

test("a draft that was sent on another device is gone when the list says so", async () => {
  const typed = browser(new Map([["r", { text: "sent", saved: "sent", savedAt: stored("", 1).savedAt }]]));
  const { drafts, saves, text } = device(typed);
  await seconds(0);
  expect(text()).toBe("sent");
  const asked = drafts.snapshot();
  drafts.replaceAll([{ id: "r" }], asked);
  expect([text(), typed.kept.size]).toEqual(["", 0]);
  drafts.hear("r", stored("new", 9));
  drafts.replaceAll([{ id: "r" }], asked);
  expect([text(), saves]).toEqual(["new", []]);
});

test("a draft does not come back after it was sent while its save had no answer", async () => {
  let answers = false;
  const { drafts, saves, text } = device(browser(), (t) => (answers ? stored(t) : "later"));
  drafts.type("r", "sent");
  await seconds(5);
  drafts.type("r", "");
  drafts.hear("r", stored("sent", 6));
  expect(text()).toBe("");
  answers = true;
  await seconds(6);
  expect([text(), saves.at(-1)]).toEqual(["", ""]);
});

test("a draft that came later than one's own takes its place, unless one goes on typing", async () => {
  const { drafts, saves, text } = device(browser(), (t) => (t === "mine" ? stored("later", 50) : stored(t, 60)));
  drafts.type("r", "mine");
  await drafts.save("r");
  expect(text()).toBe("mine");
  drafts.type("r", "mine, still");
  await seconds(5);
  expect([text(), saves]).toEqual(["mine, still", ["mine", "mine, still"]]);
  const another = device(browser(), () => stored("later", 50));
  another.drafts.type("r", "mine");
  await seconds(5);
  expect(another.text()).toBe("later");
});

test("a text that the server refuses is not sent again and again, and stays", async () => {
  const { drafts, saves, text } = device(browser(), (t) => (t.includes("\u0000") ? "never" : stored(t)));
  drafts.type("r", "\u0000");
  await seconds(60);
  expect([saves.length, text()]).toEqual([1, "\u0000"]);
  drafts.type("r", "x");
  await seconds(5);
  expect(saves.at(-1)).toBe("x");
});

test("a room that the user has left has no drafts, nor have its threads", async () => {
  const { drafts, typed } = device();
  for (const log of ["r", "r.3", "q"]) drafts.type(log, log);
  drafts.forget("r");
  expect(["r", "r.3", "q"].map((log) => drafts.textOf(log))).toEqual(["", "", "q"]);
  drafts.replaceAll([], drafts.snapshot());
  expect([drafts.textOf("q"), typed.kept.size]).toEqual(["", 0]);
});

test("tabs see what other tabs of the browser have kept", async () => {
  const typed = browser();
  const [one, two] = [device(typed, () => "later"), device(typed, () => "later")];
  one.drafts.type("r", "in the first");
  await two.drafts.reload();
  expect(two.text()).toBe("in the first");
  one.drafts.type("r", "");
  await two.drafts.reload();
  expect(two.text()).toBe("");
});
