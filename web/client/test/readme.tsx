// The code of the README, which is compiled with the package and not run.
import { connect, signInAsGuest } from "@confab/chat";

const url = "https://chat.example.com";
const client = connect({ url, ...(await signInAsGuest("Ada", { url })) });
await client.ready();

const { room } = await client.request("createRoom", { name: "Tea", kind: "channel" });
await client.open(room.id);
client.onMessages(room.id, () => {
  const { messages, unsent } = client.messages(room.id);
  for (const m of messages) console.log(`${m.seq} ${m.sender.name}: ${m.text}`);
  console.log(`${unsent.length} on their way`);
});
client.send(room.id, "Hello");

import type { Client } from "@confab/chat";
import { useConnection, useMessages, useRooms } from "@confab/chat/react";

export function Conversation({ client, roomId }: { client: Client; roomId: string }) {
  const state = useConnection(client);
  const room = useRooms(client).find((r) => r.id === roomId);
  const { messages, unsent } = useMessages(client, roomId);
  return (
    <section aria-busy={state !== "connected"} aria-label={`${room?.name}, ${room?.unread} unread`}>
      {messages.map((m) => (
        <p key={m.id}>{m.text}</p>
      ))}
      {unsent.map((m) => (
        <p key={m.tempId}>{m.failed ?? m.text}</p>
      ))}
    </section>
  );
}

import type { ClientEvents, ServerEvents } from "@confab/chat";
import { io, type Socket } from "socket.io-client";

const socket: Socket<ServerEvents, ClientEvents> = io(url, { transports: ["websocket"], auth: { token: "…" } });
const answer = await socket.emitWithAck("history", { roomId: "r_1", limit: 20 });
if (answer.ok) console.log(answer.messages);
