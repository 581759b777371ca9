import { describe, expect, test } from "vitest";
import { chipsOf } from "../src/core/reactions";

const [ada, bob] = [
  { id: "u_ada", name: "Ada" },
  { id: "u_bob", name: "Bob" },
];

describe("chips of reactions", () => {
  test("the most used comes first, and says who", () => {
    const reactions = { "🎉": { count: 1, users: [bob] }, "👍": { count: 2, users: [ada, bob] } };
    expect(chipsOf({ reactions }, ada)).toEqual([
      { emoji: "👍", count: 2, mine: true, who: "You and Bob" },
      { emoji: "🎉", count: 1, mine: false, who: "Bob" },
    ]);
  });

  test("what was just asked for shows at once, and counts once", () => {
    const reactions = { "👍": { count: 1, users: [ada] } };
    const asked = new Map([
      ["👍", false],
      ["🎉", true],
    ]);
    expect(chipsOf({ reactions }, ada, asked)).toEqual([{ emoji: "🎉", count: 1, mine: true, who: "You" }]);
    expect(chipsOf({ reactions }, ada, new Map([["👍", true]]))[0]?.count).toBe(1);
  });

  test("where a message shows only some of many, nobody knows whether the user is among them", () => {
    const reactions = { "👍": { count: 12, users: [bob] } };
    expect(chipsOf({ reactions }, ada)).toEqual([
      { emoji: "👍", count: 12, mine: undefined, who: "Bob and 11 others" },
    ]);
  });
});
