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
