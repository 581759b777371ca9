// @vitest-environment happy-dom
import { act, createElement, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Client, connect } from "../src/client.js";
import type { Message, Page, SyncedRoom } from "../src/protocol.js";
import { useConnection, useMessages, useRooms } from "../src/react.js";
import { TypedInMemory } from "../src/typed.js";
import { FakeSocket } from "./fakeSocket.js";
import { memoryStorage } from "./storage.js";

const ada = { id: "a", name: "Ada" };
const bob = { id: "b", name: "Bob" };
const message = (seq: number, more: Partial<Message> = {}): Message => ({
  id: `tea.${seq}`,
  roomId: "tea",
  seq,
  sender: bob,
  text: `${seq}`,
  sentAt: "2026-01-01T00:00:00.000Z",
  ...more,
});
const room: SyncedRoom = {
  id: "tea",
  name: "Tea",
  kind: "channel",
  createdAt: "2026-01-01T00:00:00.000Z",
  createdBy: bob,
  head: 2,
  unread: 1,
  mark: { seq: 1, version: 1 },
};
const page = (messages: Message[]): Page => ({ messages, from: 1, to: 2, head: 2, more: false });

function Chat({ client, roomId }: { client: Client; roomId: string }) {
  const state = useConnection(client);
  const rooms = useRooms(client).map((r) => `${r.name} ${r.unread}`);
  const { messages, unsent } = useMessages(client, roomId);
  return [state, rooms, messages.map((m) => m.text), unsent.map((m) => m.text)].map(String).join(" | ");
}

function Texts({ client, roomId, threadOf, onDrawn }: TextsProps) {
  const { messages } = useMessages(client, roomId, threadOf);
  onDrawn(String(messages.map((m) => m.text)));
  return null;
}

interface TextsProps {
  client: Client;
  roomId: string;
  threadOf?: number;
  onDrawn(texts: string): void;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("what is on the screen follows the chat", async () => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  const socket = new FakeSocket(() => "token", {
    sync: () => ({ ok: true, rooms: [room], invitations: [], open: [], gone: [] }),
    history: () => ({ ok: true, ...page([message(1), message(2)]) }),
    sendMessage: ({ text, tempId }) => ({ ok: true, message: message(4, { sender: ada, text, tempId }) }),
  });
  const client = connect({
    user: ada,
    token: "token",
    socket: socket.asChatSocket,
    storage: new TypedInMemory(),
    marks: memoryStorage(),
  });
  const element = document.createElement("div");
  const root = createRoot(element);
  const shown = async (change: () => void) => {
    await act(async () => {
      change();
      await vi.advanceTimersByTimeAsync(0);
    });
    return element.textContent;
  };
  const tea = createElement(StrictMode, null, createElement(Chat, { client, roomId: "tea" }));
  expect(await shown(() => root.render(tea))).toBe("connecting |  |  | ");
  expect(await shown(() => socket.accept())).toBe("connected | Tea 1 | 1,2 | ");
  expect(socket.requests("history")).toHaveLength(1);
  expect(await shown(() => socket.push("newMessage", message(3)))).toBe("connected | Tea 2 | 1,2,3 | ");
  expect(await shown(() => client.see("tea", 3))).toBe("connected | Tea 0 | 1,2,3 | ");
  expect(await shown(() => socket.lose())).toBe("lost | Tea 0 | 1,2,3 | ");
  expect(await shown(() => client.send("tea", "4"))).toBe("lost | Tea 0 | 1,2,3 | 4");
  expect(await shown(() => socket.accept())).toBe("connected | Tea 0 | 1,2,3,4 | ");
  const before = client.messages("tea");
  expect(client.messages("tea")).toBe(before);
  await shown(() => root.unmount());
  socket.push("newMessage", message(5)); // nobody listens
  expect(client.messages("tea").messages).toHaveLength(5);
  client.close();
});

test("another room takes the place of the one before", async () => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  const socket = new FakeSocket(() => "token", {
    sync: () => ({ ok: true, rooms: [room], invitations: [], open: [], gone: [] }),
    history: ({ roomId }) => ({ ok: true, ...page([message(1, { roomId, text: roomId })]) }),
    thread: ({ roomId, seq }) => ({
      ok: true,
      first: message(1),
      follow: { on: false, mark: { seq: 0, version: 0 } },
      ...page([message(1, { roomId, threadOf: seq, text: "reply" })]),
    }),
  });
  const client = connect({ user: ada, token: "", socket: socket.asChatSocket, storage: new TypedInMemory() });
  const root = createRoot(document.createElement("div"));
  const seen: string[] = [];
  const show = (props: { roomId: string; threadOf?: number }) =>
    act(async () => {
      root.render(createElement(Texts, { client, onDrawn: (texts) => seen.push(texts), ...props }));
      await vi.advanceTimersByTimeAsync(0);
    });
  socket.accept();
  for (const props of [{ roomId: "tea" }, { roomId: "cake" }, { roomId: "tea", threadOf: 1 }]) await show(props);
  expect(seen.filter((texts, i) => texts !== seen[i - 1])).toEqual(["", "tea", "", "cake", "", "reply"]);
  client.close();
});
