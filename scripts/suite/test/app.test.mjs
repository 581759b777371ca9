// The example of the README, as it stands in functions/app.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, listen, startCloud } from "../confab.mjs";

test("players enter a table, and those who sit there hear of it", async () => {
  const cloud = await startCloud();
  const [one, two] = [await connect(`${cloud.url}/game`), await connect(`${cloud.url}/game`)];
  const heard = listen(one);
  assert.equal(await one.emitWithAck("enter", "table-7"), 1);
  assert.equal(await two.emitWithAck("enter", "table-7"), 2);
  assert.equal(await heard.event("entered"), two.id);
  for (const socket of [one, two]) socket.disconnect();
  await cloud.stop();
});
