import { after } from "node:test";
import { connectAs } from "./harness.mjs";

/** @typedef {import("./harness.mjs").Client} Client */

/**
 * Makes what connects people to the cloud of a suite, and closes them after its tests.
 *
 * @param {() => string} url
 */
export function entrance(url) {
  /** @type {Client[]} */
  const people = [];
  after(() => {
    for (const p of people) p.close();
  });
  /** @param {string} name @param {Parameters<typeof connectAs>[2]} [session] */
  return async (name, session) => {
    const p = await connectAs(url(), name, session);
    people.push(p);
    return p;
  };
}

/**
 * Makes a room with Ada and Bob in it, and a message of Ada's.
 *
 * @param {ReturnType<typeof entrance>} enter
 * @param {string} name
 */
export async function roomOfTwo(enter, name) {
  const [ada, bob] = [await enter("Ada"), await enter("Bob")];
  const { room } = await ada.request("createRoom", { name, kind: "channel" });
  await bob.request("joinRoom", { roomId: room.id });
  const { message } = await ada.request("sendMessage", { roomId: room.id, text: "one", tempId: "t" });
  return { ada, bob, roomId: room.id, message };
}
