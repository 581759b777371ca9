import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { memoryStorage } from "../client/test/storage";
import type { Tokens } from "../src/core/oidc";
import { loadSession, type Session, saveSession } from "../src/core/session";
import { Account } from "../src/store/account";
import { Issuer } from "../src/store/issuer";
import { PageLocation } from "../src/store/location";
import { FakeSocket, fakeWindow } from "./fakes";

const ada: Session = { token: "ada's", user: { id: "a", name: "Ada" } };
const bob: Session = { token: "bob's", user: { id: "b", name: "Bob" } };
const room = {
  id: "tea",
  name: "Tea",
  kind: "channel" as const,
  createdAt: "",
  createdBy: bob.user,
  head: 0,
  unread: 0,
};

function setUp(stored: Session | null = null, hash = "") {
  const sockets: FakeSocket[] = [];
  const tab = memoryStorage();
  const storage = { local: memoryStorage(), tab: { ...tab, clear: () => tab.kept.clear() } };
  const window = fakeWindow(hash);
  const location = new PageLocation(window);
  const issuer = new Issuer(window, storage);
  const account = new Account({
    storage,
    location,
    issuer,
    openSocket(token) {
      const socket = new FakeSocket(token, {
        sync: () => ({ ok: true, rooms: [room], invitations: [], open: [], gone: [] }),
        refreshToken: () => ({ ok: true, expiresAt: "" }),
        history: () => ({ ok: true, messages: [], from: 1, to: 0, head: 0, more: false }),
      });
      sockets.push(socket);
      return socket.asChatSocket;
    },
  });
  if (stored) saveSession(storage, stored);
  account.resume();
  return { account, issuer, location, sockets, storage };
}

const settle = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

test("a stored session goes on, and without one nobody is signed in", () => {
  const { account, sockets } = setUp(ada);
  expect([account.session.value, account.chat.value?.me, sockets[0]?.token()]).toEqual([ada, ada.user, "ada's"]);
  const empty = setUp();
  expect([empty.account.session.value, empty.account.chat.value, empty.sockets]).toEqual([null, null, []]);
});

test("signing out drops the chat with all that it held, and the next user gets a new one", async () => {
  const { account, location, sockets, storage } = setUp(ada, "#/tea");
  sockets[0]!.accept();
  await settle();
  const before = account.chat.value!;
  before.toast.show("Something went wrong.");
  before.messages.send("tea", "unsent");
  before.drafts.type("tea", "half of a");
  expect(before.rooms.listed.value).toBe(true);
  void account.signOut();
  expect([account.session.value, account.chat.value, location.roomId.value]).toEqual([null, null, null]);
  expect(loadSession(storage)).toBeNull();

  account.enter(bob);
  const after = account.chat.value!;
  expect(after).not.toBe(before);
  expect([after.rooms.joined.value, after.rooms.listed.value, after.people.list()]).toEqual([[], false, []]);
  expect([after.toast.current.value, after.messages.viewOf("tea").log.listDrafts()]).toEqual([null, []]);
  expect(after.drafts.textOf("tea")).toBe("");
  expect([sockets.length, sockets[0]?.connected, sockets[1]?.token()]).toEqual([2, false, "bob's"]);
  expect(loadSession(storage)).toEqual(bob);
});

const issued: Session = { ...ada, issued: { refreshToken: "r1", expiresAt: 3600_000 } };

test("signing out revokes the refresh token before the tokens are dropped", async () => {
  const { account, issuer, storage } = setUp(issued);
  let answer = () => {};
  const revoke = vi.spyOn(issuer, "revoke").mockReturnValue(
    new Promise((resolve) => {
      answer = resolve;
    }),
  );
  const leave = vi.spyOn(issuer, "signOut").mockResolvedValue(true);
  const done = account.signOut();
  void account.signOut(); // pressed twice
  await settle();
  expect([account.leaving.value, loadSession(storage)]).toEqual([true, issued]);
  answer();
  await done;
  expect([account.leaving.value, account.session.value, loadSession(storage)]).toEqual([false, null, null]);
  expect([revoke.mock.calls, leave.mock.calls]).toEqual([[["r1"]], [["ada's"]]]);
  expect([account.endReason.value, storage.tab.getItem("confab.notice")]).toEqual(["", null]);
});

test("a refresh token that is being renewed meanwhile is revoked in its newest form", async () => {
  const { account, issuer } = setUp(issued);
  const revoke = vi.spyOn(issuer, "revoke").mockResolvedValue();
  vi.spyOn(issuer, "signOut").mockResolvedValue(true);
  let answer = (_: Tokens) => {};
  vi.spyOn(issuer, "renew").mockReturnValue(
    new Promise((resolve) => {
      answer = resolve;
    }),
  );
  await vi.advanceTimersByTimeAsync(3600_000 - 5 * 60_000);
  const done = account.signOut();
  answer({ token: "new", refreshToken: "r2", expiresAt: 7200_000 });
  await done;
  expect(revoke.mock.calls).toEqual([["r2"]]);
  expect(account.session.value).toBeNull();
});

test("an identity provider that is down keeps nobody from signing out, and the user is told once", async () => {
  const message = expect.stringContaining("did not answer");
  for (const down of [() => Promise.reject(new Error("503")), () => new Promise<void>(() => {})]) {
    const { account, issuer, storage } = setUp(issued);
    vi.spyOn(issuer, "revoke").mockImplementation(down);
    vi.spyOn(issuer, "signOut").mockResolvedValue(false);
    const done = account.signOut();
    await vi.advanceTimersByTimeAsync(4000);
    await done;
    expect([account.session.value, loadSession(storage), account.endReason.value]).toEqual([null, null, message]);
    account.resume();
    expect(account.endReason.value).toBe("");
  }
});

test("what the identity provider did not answer is told when the page comes back from its sign-out", async () => {
  const { account, issuer, storage } = setUp(issued);
  vi.spyOn(issuer, "revoke").mockRejectedValue(new Error("503"));
  vi.spyOn(issuer, "signOut").mockResolvedValue(true);
  await account.signOut();
  const back = new Account({ storage, location: new PageLocation(fakeWindow("")), issuer });
  back.resume();
  expect(back.endReason.value).toContain("did not answer");
  expect(storage.tab.getItem("confab.notice")).toBeNull();
});

const reason = "You signed out on another device.";
const refusedAs = (code: string) => vi.fn(async () => Response.json({ ok: false, error: { code, message: reason } }));

test("signing out everywhere asks the server, and ends this session too", async () => {
  for (const answer of [async () => Response.json({ ok: true }), refusedAs("signed_out")]) {
    const { account, issuer } = setUp(issued);
    const revoke = vi.spyOn(issuer, "revoke").mockResolvedValue();
    const leave = vi.spyOn(issuer, "signOut").mockResolvedValue(true);
    const send = vi.spyOn(globalThis, "fetch").mockImplementation(answer);
    const done = account.signOutEverywhere();
    void account.signOutEverywhere(); // pressed twice
    await done;
    expect(send.mock.calls.map(([path, request]) => [path, request?.method, request?.headers])).toEqual([
      [
        "/api/session/sign-out-everywhere",
        "POST",
        { authorization: "Bearer ada's", "content-type": "application/json" },
      ],
    ]);
    expect([account.session.value, account.endReason.value, account.leaving.value]).toEqual([null, "", false]);
    expect([revoke.mock.calls, leave.mock.calls]).toEqual([[["r1"]], [["ada's"]]]);
    send.mockRestore();
  }
});

test("a server that cannot be reached signs nobody out everywhere, and the user is told", async () => {
  const { account } = setUp(ada);
  const send = vi.spyOn(globalThis, "fetch").mockRejectedValue(new TypeError("failed to fetch"));
  await account.signOutEverywhere();
  expect([account.session.value, account.leaving.value]).toEqual([ada, false]);
  expect(account.chat.value!.toast.current.value?.text).toContain("cannot be reached");
  send.mockRestore();
});

test("the end of this page's own connection counts as the answer to signing out everywhere", async () => {
  const { account, sockets } = setUp(ada);
  const send = vi.spyOn(globalThis, "fetch").mockReturnValue(new Promise(() => {}));
  const done = account.signOutEverywhere();
  sockets[0]!.refuse("signed_out");
  await done;
  expect([account.session.value, account.endReason.value]).toEqual([null, ""]);
  send.mockRestore();
});

test("a user who signed out on another device is told, and what the page holds of them is dropped", async () => {
  const { account, issuer, sockets, storage } = setUp(issued);
  const renew = vi.spyOn(issuer, "renew");
  const revoke = vi.spyOn(issuer, "revoke").mockRejectedValue(new Error("503"));
  sockets[0]!.accept();
  await settle();
  account.chat.value!.messages.send("tea", "unsent");
  sockets[0]!.refuse("signed_out", reason);
  await settle();
  expect([account.session.value, loadSession(storage), account.endReason.value]).toEqual([null, null, reason]);
  expect([renew.mock.calls, revoke.mock.calls]).toEqual([[], [["r1"]]]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect([sockets.length, sockets[0]!.connects], "no further attempts").toEqual([1, 0]);
  expect([...storage.tab.kept.keys()]).toEqual(["confab.sign-in-anew"]);
});

test("an invitation in the address survives the sign-out", () => {
  const { account, location } = setUp(ada, "#room=club");
  void account.signOut();
  expect(location.takeInvitation()).toBe("club");
});

test("a guest whose token is refused is signed out, and told so", async () => {
  const { account, sockets } = setUp(ada);
  sockets[0]!.refuse("unauthorized");
  await settle();
  expect([account.chat.value, account.endReason.value]).toEqual([
    null,
    "Your session has ended. Please sign in again.",
  ]);
  account.enter(bob);
  expect(account.endReason.value).toBe("");
});

test("a refused token is renewed once, and if the new one is refused too, the user is signed out", async () => {
  const { account, issuer, sockets } = setUp({ ...ada, issued: { refreshToken: "r1", expiresAt: 3600_000 } });
  const renew = vi.spyOn(issuer, "renew").mockResolvedValue({ token: "new", refreshToken: "r2", expiresAt: 7200_000 });
  sockets[0]!.refuse("unauthorized");
  await settle();
  expect(renew).toHaveBeenCalledWith("r1");
  expect([account.session.value?.token, sockets[0]?.token()]).toEqual(["new", "new"]);
  sockets[0]!.refuse("unauthorized");
  await settle();
  expect([account.session.value, renew.mock.calls.length]).toEqual([null, 1]);
});

test("a renewed token is stored, and the server hears of it on the same socket", async () => {
  const { account, issuer, sockets, storage } = setUp({ ...ada, issued: { refreshToken: "r1", expiresAt: 3600_000 } });
  vi.spyOn(issuer, "renew").mockResolvedValue({ token: "new", expiresAt: 7200_000 });
  sockets[0]!.accept();
  await vi.advanceTimersByTimeAsync(3600_000);
  expect(sockets[0]!.requests("refreshToken")).toEqual([{ token: "new" }]);
  expect(loadSession(storage)).toEqual({ ...ada, token: "new", issued: { expiresAt: 7200_000 } });
  expect([account.session.value, sockets.length]).toEqual([loadSession(storage), 1]);
  await vi.advanceTimersByTimeAsync(3600_000);
  expect(account.endReason.value).toContain("has ended"); // without a refresh token
});

test("a guest follows the other tabs, and an identity provider's user does not", () => {
  const { account, storage } = setUp(ada);
  const chat = account.chat.value;
  account.handleStorage({ key: "confab.session" });
  expect(account.chat.value, "nothing has changed").toBe(chat);
  saveSession(storage, bob);
  account.handleStorage({ key: "confab.session" });
  expect([account.session.value, account.chat.value?.me]).toEqual([bob, bob.user]);
  saveSession(storage, null);
  account.handleStorage({ key: null });
  expect([account.session.value, account.chat.value]).toEqual([null, null]);

  const issued = setUp({ ...ada, issued: { expiresAt: 3600_000 } });
  saveSession(issued.storage, bob);
  issued.account.handleStorage({ key: "confab.session" });
  expect(issued.account.session.value?.user).toEqual(ada.user);
});
