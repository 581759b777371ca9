import { expect, test } from "vitest";
import { hashOf, parseRoute, type Route } from "../src/core/route";

test("an address and a place say the same", () => {
  const places: Route[] = [{ at: "rooms" }, { at: "room", roomId: "r_1-x" }, { at: "invitation", roomId: "r_1-x" }];
  expect(places.map(hashOf)).toEqual(["", "#/r_1-x", "#room=r_1-x"]);
  expect(places.map(hashOf).map(parseRoute)).toEqual(places);
});

test("an address that makes no sense leads to the list of rooms", () => {
  for (const hash of ["#", "#/", "#/a/b", "#room=", "#room=%00", "#something", `#/${"x".repeat(129)}`]) {
    expect(parseRoute(hash)).toEqual({ at: "rooms" });
  }
});
