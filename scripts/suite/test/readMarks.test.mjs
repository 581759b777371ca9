// What is read, on all devices of a person: by the official client, and by HTTP.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { entrance } from "../entrance.mjs";
import { http, startCloud } from "../harness.mjs";

/** @typedef {import("../harness.mjs").Client} Client */

describe("what is read", () => {
  /** @type {import("../harness.mjs").Cloud} */
  let cloud;
  before(async () => (cloud = await startCloud()));
  const enter = entrance(() => cloud.url);
  after(() => cloud.stop());
  /** A room in which Bob has sent five messages since Ada joined, with two devices of Ada's. */
  const roomToRead = async () => {
    const [ada, bob] = [await enter("Ada"), await enter("Bob")];
    const phone = await enter("Ada", ada);
    const { room } = await bob.request("createRoom", { name: "Marks", kind: "channel" });
    await ada.request("joinRoom", { roomId: room.id });
    for (const tempId of "abcde") await bob.request("sendMessage", { roomId: room.id, text: tempId, tempId });
    return { ada, phone, bob, roomId: room.id };
  };
  /** @param {Client} person @param {string} roomId */
  const listed = async (person, roomId) => {
    const { rooms } = await person.request("listRooms", {});
    const room = rooms.find((r) => r.id === roomId) ?? assert.fail("the room is not listed");
    return { unread: room.unread, seq: room.mark?.seq, version: room.mark?.version ?? 0 };
  };

  test("what one device reads is read on the other, and by one that comes later", async () => {
    const { ada, phone, bob, roomId } = await roomToRead();
    const { version } = await listed(ada, roomId);
    const { mark } = await ada.request("markRead", { roomId, seq: 3 });
    assert.deepEqual(mark, { seq: 3, version });
    const told = { userId: ada.user.id, marks: [{ roomId, seq: 3, version }] };
    assert.deepEqual(await phone.events.first("read", () => true), told);
    for (const device of [ada, phone, await enter("Ada", ada)]) {
      assert.deepEqual(await listed(device, roomId), { unread: 2, seq: 3, version });
    }
    assert.deepEqual((await listed(bob, roomId)).unread, 0, "what Bob wrote himself");
    const { marks } = await bob.request("readMarks", { roomId });
    assert.deepEqual(
      new Map(marks.map((m) => [m.userId, m.seq])),
      new Map([
        [ada.user.id, 3],
        [bob.user.id, 5],
      ]),
    );
    assert.deepEqual(bob.events.all("read"), [], "Bob asks");
  });

  test("by HTTP, a room is read, marked as unread, and read with all others", async () => {
    const { ada, phone, roomId } = await roomToRead();
    const path = `/api/rooms/${roomId}/read`;
    const put = (/** @type {object} */ body, to = path) => http(cloud.url, "PUT", to, { token: ada.token, body });
    const read = await put({ seq: 4 });
    assert.deepEqual([read.status, read.body.mark.seq], [200, 4]);
    const { version } = read.body.mark;
    const unread = await put({ seq: 1, unread: true, version });
    assert.deepEqual([unread.status, unread.body.mark], [200, { seq: 1, version: version + 1 }]);
    const late = await put({ seq: 5, version });
    assert.deepEqual([late.status, late.body.mark], [200, unread.body.mark], "a mark from before");
    const all = await put({ marks: [{ roomId, seq: 5, version: version + 1 }] }, "/api/read");
    assert.deepEqual(all.body.marks, [{ roomId, seq: 5, version: version + 1 }]);
    const heard = await phone.events.allOnce("read", (events) => events.length === 3);
    assert.deepEqual(
      heard.map((e) => e.marks[0].seq),
      [4, 1, 5],
    );
    const readers = await http(cloud.url, "GET", path, { token: ada.token });
    assert.equal(readers.body.marks.length, 2);
    for (const body of [{}, { seq: -1 }, { seq: "1" }, { seq: 1, unread: null }, { seq: 1, version: 1.5 }]) {
      const { status, body: answer } = await put(body);
      assert.deepEqual([status, answer.error.code], [400, "bad_request"], JSON.stringify(body));
    }
    assert.deepEqual(
      (await put({ marks: [{ roomId }] }, "/api/read")).body.error.message,
      "marks[0].seq must be a whole number.",
    );
  });

  test("marks of both devices at once end at the furthest, however often they come", async () => {
    const { ada, phone, roomId } = await roomToRead();
    const marks = [1, 2, 3, 4, 5, 5, 3, 1].map((seq, i) => (i % 2 ? ada : phone).request("markRead", { roomId, seq }));
    await Promise.all(marks);
    await ada.request("markRead", { roomId, seq: 2 });
    for (const device of [ada, phone]) assert.equal((await listed(device, roomId)).seq, 5);
  });

  test("the other person of a direct room hears how far it is read", async () => {
    const { ada, phone, bob, roomId: shared } = await roomToRead();
    const { room } = await bob.request("createRoom", { kind: "direct", members: [ada.user.id] });
    await bob.request("sendMessage", { roomId: room.id, text: "one", tempId: "one" });
    assert.equal((await listed(ada, room.id)).unread, 1);
    await ada.request("markAllRead", {
      marks: [
        { roomId: room.id, seq: 1 },
        { roomId: shared, seq: 5 },
      ],
    });
    const heard = await bob.events.first("read", () => true);
    assert.deepEqual(
      [heard.userId, heard.marks.map((/** @type {{ roomId: string, seq: number }} */ m) => [m.roomId, m.seq])],
      [ada.user.id, [[room.id, 1]]],
    );
    await phone.events.allOnce("read", (events) => events.flatMap((e) => e.marks).length === 2);
  });

  test("strangers and former members mark and read nothing", async () => {
    const { ada, bob, roomId } = await roomToRead();
    await ada.request("leaveRoom", { roomId });
    for (const p of [ada, await enter("Eve")]) {
      for (const [event, request] of /** @type {const} */ ([
        ["markRead", { roomId, seq: 1 }],
        ["markRead", { roomId, seq: 0, unread: true }],
        ["readMarks", { roomId }],
      ])) {
        const answer = await p.emitWithAck(event, request);
        assert.equal(answer.ok === false && answer.error.code, "forbidden", `${event} of ${p.user.name}`);
      }
      assert.deepEqual(await p.request("markAllRead", { marks: [{ roomId, seq: 1 }] }), { ok: true, marks: [] });
      const path = `/api/rooms/${roomId}/read`;
      for (const [method, body] of /** @type {const} */ ([
        ["PUT", { seq: 1 }],
        ["GET", undefined],
      ])) {
        const { status } = await http(cloud.url, method, path, { token: p.token, body });
        assert.equal(status, 403, `${method} of ${p.user.name}`);
      }
    }
    const { marks } = await bob.request("readMarks", { roomId });
    assert.deepEqual(
      marks.map((m) => m.userId),
      [bob.user.id],
    );
    await ada.request("joinRoom", { roomId });
    assert.deepEqual((await listed(ada, roomId)).unread, 0, "who comes back has read what was said before");
  });
});
