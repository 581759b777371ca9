import { expect, test } from "vitest";
import { backoff } from "../src/backoff.js";

test("each wait is twice as long up to a limit, and at least half of that", () => {
  const longest = { first: 100, limit: 1000, random: () => 1 };
  const shortest = { ...longest, random: () => 0 };
  expect([1, 2, 3, 4, 5, 50].map((n) => backoff(n, longest))).toEqual([100, 200, 400, 800, 1000, 1000]);
  expect([1, 2, 50].map((n) => backoff(n, shortest))).toEqual([50, 100, 500]);
});
