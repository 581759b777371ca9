// The example of the README, as it stands in functions/app.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, record, startCloud } from "../harness.mjs";

test("players enter a table, and those who sit there are told", async () => {
  const cloud = await startCloud();
  const [one, two] = [await connect(`${cloud.url}/game`), await connect(`${cloud.url}/game`)];
  const events = record(one);
  assert.equal(await one.emitWithAck("enter", "table-7"), 1);
  assert.equal(await two.emitWithAck("enter", "table-7"), 2);
  assert.equal(await events.first("entered"), two.id);
  for (const socket of [one, two]) socket.disconnect();
  await cloud.stop();
});
