// Who is in a room: by the official client, and by HTTP.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { connectAs, http, signIn, startCloud } from "../harness.mjs";

describe("members of a room", () => {
  /** @type {import("../harness.mjs").Cloud} */
  let cloud;
  before(async () => (cloud = await startCloud()));
  after(() => cloud.stop());

  test("252 are read in two pages, by event and by HTTP, and only by members", async () => {
    const ada = await connectAs(cloud.url, "Ada");
    const { room } = await ada.request("createRoom", { name: "Festival", kind: "channel" });
    const path = `/api/rooms/${room.id}`;
    const ids = [ada.user?.id];
    for (let i = 1; i < 252; i++) {
      const { token, user } = await signIn(cloud.url, `Guest ${i}`);
      ids.push(user.id);
      await http(cloud.url, "POST", `${path}/join`, { token });
    }
    ids.sort();
    const first = await ada.request("joinRoom", { roomId: room.id });
    const all = first.members.map((m) => m.id);
    assert.deepEqual([all, first.moreMembers], [ids.slice(0, 200), true]);
    const rest = await ada.request("members", { roomId: room.id, after: all[199] });
    assert.deepEqual([rest.members.map((m) => m.id), rest.more], [ids.slice(200), false]);
    const byHTTP = await http(cloud.url, "GET", `${path}/members?after=${all[199]}`, { token: ada.token });
    assert.deepEqual([byHTTP.status, byHTTP.body], [200, rest]);

    const [former, stranger] = [await connectAs(cloud.url, "Former"), await connectAs(cloud.url, "Stranger")];
    await former.request("joinRoom", { roomId: room.id });
    await former.request("leaveRoom", { roomId: room.id });
    for (const person of [former, stranger]) {
      const answer = await person.emitWithAck("members", { roomId: room.id });
      assert.equal(answer.error.code, "forbidden");
      assert.equal((await http(cloud.url, "GET", `${path}/members`, { token: person.token })).status, 403);
    }
    const wrong = await ada.emitWithAck("members", { roomId: room.id, after: 5 });
    assert.deepEqual([wrong.error.code, wrong.error.message], ["bad_request", "after must be a string."]);
    for (const person of [ada, former, stranger]) person.close();
  });
});
