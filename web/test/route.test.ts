import { expect, test } from "vitest";
import { hashOf, parseRoute, type Route } from "../src/core/route";

test("a route survives being written to an address and parsed", () => {
  const routes: Route[] = [
    { at: "rooms" },
    { at: "room", roomId: "r_1-x" },
    { at: "message", roomId: "r_1-x", seq: 42 },
    { at: "invitation", roomId: "r_1-x" },
  ];
  expect(routes.map(hashOf)).toEqual(["", "#/r_1-x", "#/r_1-x/42", "#room=r_1-x"]);
  expect(routes.map(hashOf).map(parseRoute)).toEqual(routes);
});

test("an unknown address leads to the list of rooms", () => {
  for (const hash of [
    "#",
    "#/",
    "#/a/b",
    "#/a/0",
    "#/a/1/2",
    "#room=",
    "#room=%00",
    "#something",
    `#/${"x".repeat(129)}`,
  ]) {
    expect(parseRoute(hash)).toEqual({ at: "rooms" });
  }
});
