// Who logs out has left on purpose: nothing of theirs is recovered, least of all by the next
// user of the same page.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { connect, connectAs, signIn, startCloud, waitUntil } from "../harness.mjs";

const times = 30;
const each = Array.from({ length: times }, (_, i) => i);

for (const dispatch of ["concurrent", "serial"]) {
  describe(`with recovery and ${dispatch} dispatch`, () => {
    test(`${times} of ${times} who log out and in as somebody else get a new session`, async (t) => {
      const cloud = await startCloud(["-recovery", "2m", "-dispatch", dispatch]);
      t.after(() => cloud.stop());
      await Promise.all(
        each.map(async (i) => {
          const ada = await connectAs(cloud.url, `Ada ${i}`);
          const { room } = await ada.request("createRoom", { name: "Recovered", kind: "group" });
          await ada.request("sendMessage", { roomId: room.id, text: "an offset", tempId: "1" });
          await ada.events.first("newMessage");
          const { socket } = ada;
          const before = socket.id;
          socket.disconnect();
          await sleep(600); // as long as a person takes, and longer than $disconnect
          const { token, user } = await signIn(cloud.url, `Bob ${i}`);
          socket.auth = { token };
          const connected = new Promise((resolve, reject) => {
            socket.once("connect", () => resolve(undefined));
            socket.once("connect_error", reject);
          });
          socket.connect();
          await connected;
          assert.deepEqual([socket.recovered, socket.id === before], [false, false]);
          const made = await ada.request("createRoom", { name: "Bob's", kind: "group" });
          assert.equal(made.room.createdBy.id, user.id);
          ada.close();
        }),
      );
    });

    test(`${times} of ${times} endings have the reason that the client left`, async (t) => {
      const cloud = await startCloud(["-app", "tour", "-recovery", "2m", "-dispatch", dispatch]);
      t.after(() => cloud.stop());
      const watcher = await connect(`${cloud.url}/tour`);
      /** @type {Map<string, string>} */
      const reasons = new Map();
      watcher.on("left", ({ id, reason }) => reasons.set(id, reason));
      await watcher.emitWithAck("watch");
      const left = await Promise.all(
        each.map(async () => {
          const leaver = await connect(`${cloud.url}/tour`);
          const { id } = leaver;
          leaver.disconnect();
          return String(id);
        }),
      );
      await waitUntil(() => left.every((id) => reasons.has(id)), "all endings");
      assert.deepEqual(
        left.map((id) => reasons.get(id)),
        left.map(() => "client namespace disconnect"),
      );
      watcher.disconnect();
    });
  });
}
