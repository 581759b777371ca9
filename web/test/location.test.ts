import { beforeEach, expect, test, vi } from "vitest";
import { type LocationWindow, PageLocation } from "../src/store/location";

beforeEach(() => {
  vi.useFakeTimers();
});

/** A window with a history as browsers have it: a step back is made later. */
function browser() {
  const entries = [{ state: null as unknown, hash: "" }];
  let at = 0;
  let popped = () => {};
  const here = () => entries[at] as { state: unknown; hash: string };
  const hashIn = (address: string) => new URL(address, "http://localhost").hash;
  const location = { pathname: "/", search: "", origin: "http://localhost" };
  Object.defineProperty(location, "hash", { get: () => here().hash });
  const go = (by: number) => {
    const to = Math.max(0, at + by); // as Chromium, from where one is when it is asked for
    setTimeout(() => {
      at = to;
      popped();
    });
  };
  const history = {
    get state() {
      return here().state;
    },
    pushState(state: unknown, _: string, address: string) {
      entries.splice(++at, entries.length, { state, hash: hashIn(address) });
    },
    replaceState(state: unknown, _: string, address: string) {
      entries[at] = { state, hash: hashIn(address) };
    },
    back: () => go(-1),
    go,
  };
  const addEventListener = (_: string, handler: () => void) => {
    popped = handler;
  };
  const page = new PageLocation({ location, history, addEventListener } as unknown as LocationWindow);
  page.follow(() => {});
  const settle = () => vi.runAllTimersAsync();
  const back = async () => {
    go(-1);
    await settle();
  };
  return { page, back, settle, hashes: () => entries.slice(0, at + 1).map((e) => e.hash) };
}

test("Back closes what is open over the room, the last one first, and then leaves the room", async () => {
  const { page, back, hashes } = browser();
  page.goTo("tea");
  const closed: string[] = [];
  page.openLayer(() => closed.push("members"));
  page.openLayer(() => closed.push("dialog"));
  await back();
  expect([closed, page.roomId.value]).toEqual([["dialog"], "tea"]);
  await back();
  expect([closed, page.roomId.value]).toEqual([["dialog", "members"], "tea"]);
  await back();
  expect([page.roomId.value, hashes()]).toEqual([null, [""]]);
});

test("what is closed otherwise leaves no step behind", async () => {
  const { page, settle, hashes } = browser();
  page.goTo("tea");
  const [first, second] = [page.openLayer(() => {}), page.openLayer(() => {})];
  second();
  first();
  await settle();
  expect([page.roomId.value, hashes()]).toEqual(["tea", ["", "#/tea"]]);
});

test("a room that a dialog opens takes the dialog's step, also when it is opened later", async () => {
  const { page, back, settle, hashes } = browser();
  page.goTo("tea");
  const close = page.openLayer(() => {});
  page.goTo("milk");
  close();
  await settle();
  expect([page.roomId.value, hashes()]).toEqual(["milk", ["", "#/tea", "#/milk"]]);
  const again = page.openLayer(() => {});
  again();
  vi.advanceTimersToNextTimer(); // the step back is on its way
  page.goTo("sugar");
  await settle();
  expect([page.roomId.value, hashes()]).toEqual(["sugar", ["", "#/tea", "#/milk", "#/sugar"]]);
  await back();
  expect(page.roomId.value).toBe("milk");
});

test("a room that is left through a dialog does not come back with the dialog's step", async () => {
  const { page, settle, hashes } = browser();
  page.goTo("tea");
  const [members, confirm] = [page.openLayer(() => {}), page.openLayer(() => {})];
  page.leaveRoom();
  confirm();
  await settle();
  members();
  await settle();
  expect([page.roomId.value, hashes()]).toEqual([null, ["", ""]]);
});

test("a layer that opens as another closes is closed by Back like any other", async () => {
  const { page, back, settle, hashes } = browser();
  page.goTo("tea");
  const closed: string[] = [];
  const close = page.openLayer(() => closed.push("first"));
  close();
  page.openLayer(() => closed.push("second"));
  await settle();
  await back();
  expect([closed, page.roomId.value, hashes()]).toEqual([["second"], "tea", ["", "#/tea"]]);
});

test("a layer that opens while the browser steps back has an entry of its own afterwards", async () => {
  const { page, settle, hashes } = browser();
  page.goTo("tea");
  const closeFirst = page.openLayer(() => {});
  const before = hashes().length;
  closeFirst();
  await vi.advanceTimersToNextTimerAsync(); // the step is asked for, and not made yet
  const closed: string[] = [];
  const closeSecond = page.openLayer(() => closed.push("second"));
  await settle();
  expect(hashes().length).toBe(before); // its entry took the place of the first one's
  closeSecond();
  await settle();
  expect([page.roomId.value, hashes().length, closed]).toEqual(["tea", before - 1, []]);
});

test("a layer that opens and closes while the browser steps back leaves nothing behind", async () => {
  const { page, settle, hashes } = browser();
  page.goTo("tea");
  const before = hashes().length;
  page.openLayer(() => {})();
  await vi.advanceTimersToNextTimerAsync();
  page.openLayer(() => {})();
  await settle();
  expect([page.roomId.value, hashes().length]).toEqual(["tea", before]);
});
