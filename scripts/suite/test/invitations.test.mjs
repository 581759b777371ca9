// Rooms that somebody makes with people whom they do not know.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { entrance } from "../entrance.mjs";
import { http, startCloud } from "../harness.mjs";

describe("invitations", () => {
  /** @type {import("../harness.mjs").Cloud} */
  let cloud;
  before(async () => (cloud = await startCloud()));
  const enter = entrance(() => cloud.url);
  after(() => cloud.stop());

  test("a stranger hears a room only after accepting, by event or by HTTP", async () => {
    const [ada, bob, eve] = [await enter("Ada"), await enter("Bob"), await enter("Eve")];
    const members = [bob.user.id, eve.user.id];
    const { room } = await ada.request("createRoom", { name: "Private", kind: "private", members });
    for (const invited of [bob, eve]) {
      const { invitation } = await invited.events.first("invited");
      assert.deepEqual([invitation.room.id, invitation.from], [room.id, ada.user]);
    }
    await ada.request("sendMessage", { roomId: room.id, text: "unheard", tempId: "1" });
    await bob.request("joinRoom", { roomId: room.id });
    const declined = await http(cloud.url, "POST", `/api/rooms/${room.id}/decline`, { token: eve.token });
    assert.equal(declined.status, 200);
    await eve.events.first("invitationDeclined");
    const late = await http(cloud.url, "POST", `/api/rooms/${room.id}/join`, { token: eve.token });
    assert.deepEqual([late.status, late.body.error.code], [404, "not_found"]);
    await ada.request("sendMessage", { roomId: room.id, text: "heard", tempId: "2" });
    assert.equal((await bob.events.first("newMessage")).text, "heard");
    assert.deepEqual(eve.events.all("newMessage"), []);
    const list = await http(cloud.url, "GET", "/api/rooms", { token: eve.token });
    assert.deepEqual([list.body.rooms, list.body.invitations], [[], []]);
  });

  test("guests who make rooms with one person all at once are stopped, and the person is not", async () => {
    const victim = await enter("Victim");
    const { room: own } = await victim.request("createRoom", { name: "Own", kind: "group" });
    const { room: shared } = await victim.request("createRoom", { name: "Open", kind: "channel" });
    const members = [victim.user.id];
    for (const acquainted of [false, true]) {
      const guests = await Promise.all(Array.from({ length: 3 }, (_, i) => enter(`Guest ${i}`)));
      if (acquainted) for (const guest of guests) await guest.request("joinRoom", { roomId: shared.id });
      const bomb = (/** @type {import("../harness.mjs").Client} */ guest) =>
        guest.emitWithAck("createRoom", { name: "Boom", kind: "private", members });
      for (const guest of guests) {
        const answers = [];
        for (let i = 0; i < 4; i++) answers.push(...(await Promise.all(Array.from({ length: 20 }, () => bomb(guest)))));
        answers.push(await bomb(guest)); // alone: on a slow machine the others may all collide
        const made = answers.filter((a) => a.ok);
        assert.ok(
          made.length > 0 && made.length <= 50,
          `${made.length} rooms were made: ${JSON.stringify(answers.slice(0, 3))}`,
        );
        const codes = new Set(answers.filter((a) => !a.ok).map((a) => a.error.code));
        codes.delete("unavailable"); // so many at once get in each other's way
        for (const code of codes) assert.match(code, /^too_many_(rooms|invitations)$/);
        for (const { room } of made.slice(0, 5)) await guest.request("leaveRoom", { roomId: room.id });
      }
    }
    const again = await enter("Victim", victim);
    const rooms = [];
    /** @type {string | undefined} */
    let cursor;
    do {
      const page = await again.request("listRooms", cursor ? { cursor } : {});
      rooms.push(...page.rooms.map((r) => r.id));
      cursor = page.next;
    } while (cursor);
    assert.ok(rooms.includes(own.id) && rooms.length <= 150, `${rooms.length} rooms`);
    await victim.request("sendMessage", { roomId: own.id, text: "still here", tempId: "1" });
    assert.equal((await again.events.first("newMessage")).text, "still here");
    const { room: chosen } = await (await enter("Friend")).request("createRoom", { name: "Chosen", kind: "channel" });
    await again.request("joinRoom", { roomId: chosen.id });
  });
});
