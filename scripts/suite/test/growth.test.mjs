// What the soak test calls growth.
import assert from "node:assert/strict";
import { test } from "node:test";
import { findGrowth } from "../growth.mjs";

const series = (/** @type {(i: number) => number} */ value, name = "realtime C rows") =>
  Array.from({ length: 20 }, (_, i) => ({ [name]: value(i) }));

test("a value that rises until the end is growth", () => {
  assert.deepEqual(findGrowth(series((i) => 100 + 10 * i)), ["realtime C rows grew from 130 to 270"]);
  assert.deepEqual(findGrowth(series((i) => (i < 14 ? 0 : 100))), ["realtime C rows grew from 0 to 100"]);
});

test("what wavers or falls is none", () => {
  assert.deepEqual(findGrowth(series((i) => 100 + (i % 3) * 20)), []);
  assert.deepEqual(findGrowth(series((i) => 1000 - i)), []);
  assert.deepEqual(findGrowth(series((i) => (i === 18 ? 10_000 : 10))), []);
});

test("a few samples are refused", () => {
  assert.throws(() => findGrowth(series(() => 1).slice(0, 8)), /too few/);
});
