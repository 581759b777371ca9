// What must compile, and what must not: `npm run check` fails if one of these lines is wrong.
import { io, type Socket } from "socket.io-client";
import type { Answer, ClientEvents, ErrorCodeOf, Message, Operation, ServerEvents } from "../src/index.js";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>) => {};

/** Is never called: only its types count. */
export async function useTheSocket(): Promise<void> {
  const socket: Socket<ServerEvents, ClientEvents> = io();

  // Requests.
  socket.emit("sendMessage", { roomId: "tea", text: "Hi", tempId: "1", replyTo: 2, data: { a: [1] } }, () => {});
  // @ts-expect-error: there is no such operation
  socket.emit("sendMesage", { roomId: "tea", text: "Hi", tempId: "1" }, () => {});
  // @ts-expect-error: the tempId is missing
  socket.emit("sendMessage", { roomId: "tea", text: "Hi" }, () => {});
  // @ts-expect-error: there is no such field
  socket.emit("sendMessage", { roomId: "tea", text: "Hi", tempId: "1", title: "Hi" }, () => {});
  // @ts-expect-error: a position is a number
  socket.emit("pin", { roomId: "tea", seq: "1", on: true }, () => {});
  // @ts-expect-error: there is no such kind of room
  socket.emit("createRoom", { name: "Tea", kind: "secret" }, () => {});
  // @ts-expect-error: an operation is acknowledged
  socket.emit("pin", { roomId: "tea", seq: 1, on: true });

  // Acknowledgements.
  const answer = await socket.emitWithAck("sendMessage", { roomId: "tea", text: "Hi", tempId: "1" });
  same<typeof answer, Answer<"sendMessage">>(true);
  // @ts-expect-error: it may be a refusal
  answer.message.seq;
  if (answer.ok) same<typeof answer.message, Message>(true);
  else {
    same<typeof answer.error.code, ErrorCodeOf<"sendMessage">>(true);
    // @ts-expect-error: sending does not pin
    answer.error.code === "too_many_pins";
  }
  socket.timeout(1000).emit("history", { roomId: "tea" }, (error: Error | null, page) => {
    same<typeof page, Answer<"history">>(true);
    return error;
  });

  // What the server sends.
  socket.on("newMessage", (message) => same<typeof message, Message>(true));
  socket.on("memberChanged", ({ change }) => same<typeof change, "joined" | "left">(true));
  socket.on("newReply", ({ first }) => same<typeof first.thread, Message["thread"]>(true));
  // @ts-expect-error: the server sends no such event
  socket.on("newMesage", () => {});
  // @ts-expect-error: a message has no title
  socket.on("newMessage", ({ title }) => title);

  // Every operation has an event.
  same<keyof ClientEvents, Operation>(true);
}
