// A Socket.IO server as one would write it on Node, which does what the load client asks of Confab:
// guests sign in, a message is stored before it is acknowledged, and there is an echo and a
// broadcast in the namespace /load. It stores a message as Confab does: a counter hands out the
// position, and one transaction puts the message, moves the sender's mark, and notes the message's
// name, by which a repetition would be known. Rooms, and who is connected, are in memory.
//
//   DYNAMODB=http://127.0.0.1:8000 TABLE=chat node scripts/load/node/server.mjs
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { DynamoDBClient, TransactWriteItemsCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { Server } from "socket.io";

/** @typedef {{ id: string, name: string }} User */
/** @typedef {{ roomId: string, text: string, tempId: string }} Send */

const table = process.env.TABLE ?? "chat";
const database = new DynamoDBClient({
  endpoint: process.env.DYNAMODB,
  region: "us-east-1",
  credentials: { accessKeyId: "local", secretAccessKey: "local" },
});

/** @type {Map<string, User>} */
const users = new Map();

const http = createServer(async (request, response) => {
  if (request.method !== "POST" || request.url !== "/api/session") {
    response.writeHead(404).end();
    return;
  }
  let body = "";
  for await (const chunk of request) body += chunk;
  const token = randomUUID();
  const user = { id: randomUUID(), name: JSON.parse(body).name };
  users.set(token, user);
  response.setHeader("Content-Type", "application/json").end(JSON.stringify({ token, user }));
});
const io = new Server(http, { transports: ["websocket"] });

io.use((socket, next) => {
  socket.data.user = users.get(socket.handshake.auth.token);
  next(socket.data.user ? undefined : new Error("unauthorized"));
});
io.on("connection", (socket) => {
  /** @type {User} */
  const user = socket.data.user;
  socket.on("createRoom", (_, acknowledge) => {
    const room = { id: randomUUID() };
    socket.join(room.id);
    acknowledge({ ok: true, room });
  });
  socket.on("joinRoom", ({ roomId }, acknowledge) => {
    socket.join(roomId);
    acknowledge({ ok: true });
  });
  socket.on("sendMessage", async (/** @type {Send} */ send, acknowledge) => {
    try {
      const message = await store(user, send);
      io.to(send.roomId).emit("newMessage", message);
      acknowledge({ ok: true, message });
    } catch (error) {
      acknowledge({ ok: false, error: { code: "unavailable", message: String(error) } });
    }
  });
});

io.of("/load").on("connection", (socket) => {
  socket.on("echo", (value, acknowledge) => acknowledge(value));
  socket.on("join", (room, acknowledge) => {
    socket.join(room);
    acknowledge({ ok: true });
  });
  socket.on("broadcast", ({ room, value }, acknowledge) => {
    io.of("/load").to(room).emit("broadcast", value);
    acknowledge({ ok: true });
  });
});

/**
 * Stores a message.
 *
 * @param {User} sender
 * @param {Send} send
 */
async function store(sender, { roomId, text, tempId }) {
  const counter = await database.send(
    new UpdateItemCommand({
      TableName: table,
      Key: { pk: { S: `R#${roomId}` }, sk: { S: "counter" } },
      UpdateExpression: "ADD #seq :one",
      ExpressionAttributeNames: { "#seq": "seq" },
      ExpressionAttributeValues: { ":one": { N: "1" } },
      ReturnValues: "UPDATED_NEW",
    }),
  );
  const seq = counter.Attributes?.seq.N ?? "";
  const message = { id: `${roomId}-${seq}`, roomId, seq: Number(seq), sender, text, tempId, sentAt: new Date() };
  const isNew = { ConditionExpression: "attribute_not_exists(pk)", TableName: table };
  await database.send(
    new TransactWriteItemsCommand({
      TransactItems: [
        {
          Put: {
            ...isNew,
            Item: { pk: { S: `M#${roomId}` }, sk: { S: seq.padStart(12, "0") }, json: { S: JSON.stringify(message) } },
          },
        },
        {
          Update: {
            TableName: table,
            Key: { pk: { S: `R#${roomId}` }, sk: { S: `member#${sender.id}` } },
            UpdateExpression: "SET #mark = :seq",
            ExpressionAttributeNames: { "#mark": "mark" },
            ExpressionAttributeValues: { ":seq": { N: seq } },
          },
        },
        {
          Put: {
            ...isNew,
            Item: { pk: { S: `I#${roomId}` }, sk: { S: `${sender.id}#${tempId}` }, seq: { N: seq } },
          },
        },
      ],
    }),
  );
  return message;
}

http.listen(0, "127.0.0.1", () => {
  const address = http.address();
  if (address && typeof address === "object") console.log(`ready http://127.0.0.1:${address.port}`);
});
