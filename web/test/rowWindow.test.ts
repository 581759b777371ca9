import { expect, test } from "vitest";
import { type Rows, RowWindow } from "../src/core/rowWindow";

const viewport = 600;
const high = 64; // what a row is thought to be

/** Rows that are named after their orders: the positions from `low` to `head`, and then unsent ones. */
function rows(low: number, head: number, unsent = 0): Rows {
  const stored = head - low + 1;
  return {
    count: stored + unsent,
    keyAt: (i) => (i < stored ? `${low + i}` : `unsent ${i - stored}`),
    orderAt: (i) => (i < stored ? low + i : Infinity),
    indexOf: (order) => Math.min(Math.max(order - low, 0), stored),
  };
}

const heightOf = (w: RowWindow) => w.above + (w.last - w.first) * high + w.below;

test("a long list starts at its end, with a few rows in the page", () => {
  const w = new RowWindow();
  w.update(rows(1, 10_000));
  w.showEnd(viewport);
  expect([w.first, w.last]).toEqual([10_000 - 19, 10_000]);
  expect([w.above, w.below]).toEqual([9981 * high, 0]);
});

test("what arrives at the end joins it, and far rows leave only when they are many", () => {
  const w = new RowWindow();
  w.update(rows(1, 100));
  w.showEnd(viewport);
  const { first } = w;
  w.update(rows(1, 101));
  expect([w.first, w.last]).toEqual([first, 101]);
  w.update(rows(1, 200));
  expect(w.last - w.first).toBeGreaterThan(90);
  w.cover(viewport - (w.last - w.first) * high, viewport);
  expect(w.last).toBe(200);
  expect(w.last - w.first).toBeLessThan(30);
  expect(heightOf(w)).toBe(200 * high);
});

test("what arrives below somebody who reads far above is space only", () => {
  const w = new RowWindow();
  w.update(rows(1, 1000));
  w.showEnd(viewport);
  w.cover(100_000, viewport); // scrolled up
  const before = [w.first, w.last];
  expect(w.last).toBeLessThan(1000);
  w.update(rows(1, 1010));
  expect([w.first, w.last]).toEqual(before);
  expect(heightOf(w)).toBe(1010 * high);
});

test("older rows that are loaded leave the same rows in the page", () => {
  const w = new RowWindow();
  w.update(rows(951, 1000));
  w.showEnd(viewport);
  w.cover(0, viewport); // at the top of what was rendered
  const { first, last, above } = w;
  w.update(rows(851, 1000));
  expect([w.first, w.last]).toEqual([first + 100, last + 100]);
  expect(w.above).toBe(above + 100 * high);
});

test("after older rows were loaded, the list scrolls; otherwise the space above absorbs what moves", () => {
  const w = new RowWindow();
  w.update(rows(901, 1000));
  w.showEnd(viewport);
  const { above } = w;
  expect(w.absorb(30)).toBe(0);
  expect(w.above).toBe(above - 30);
  expect(w.absorb(-10)).toBe(0);
  expect(w.above).toBe(above - 20);
  w.update(rows(851, 1000));
  expect(w.absorb(50 * high)).toBe(50 * high);
  expect(w.absorb(5)).toBe(0);
});

test("at the start of the list there is no space above, whatever was guessed", () => {
  const w = new RowWindow();
  w.update(rows(1, 100));
  w.showEnd(viewport);
  w.absorb(w.above - 5);
  w.cover(viewport * 20, viewport);
  expect([w.first, w.above]).toEqual([0, 0]);
  expect(w.absorb(12)).toBe(12);
});

test("a row keeps the height that it had in the page", () => {
  const w = new RowWindow();
  w.update(rows(1, 100));
  w.showEnd(viewport);
  for (let i = 1; i <= 100; i++) w.measured(`${i}`, 20);
  w.cover(viewport - (w.last - w.first) * 20, viewport);
  expect(w.offsetOf(w.last)).toBe(w.above + (w.last - w.first) * 20);
  expect((w.last - w.first) * 20).toBeGreaterThanOrEqual(viewport + 600);
});

test("a jump shows the row with what is around it, from any distance", () => {
  const w = new RowWindow();
  w.update(rows(1, 10_000));
  w.showEnd(viewport);
  w.showAround(4, viewport);
  expect([w.first, w.above]).toEqual([0, 0]);
  expect(w.last).toBeGreaterThan(10);
  w.showAround(5000, viewport);
  expect([w.first < 5000, w.last > 5000, w.last - w.first < 40]).toEqual([true, true, true]);
  expect(heightOf(w)).toBe(10_000 * high);
});

test("an unsent row stays when it is stored, even as the only one", () => {
  const w = new RowWindow();
  w.update(rows(1, 0, 1));
  w.showEnd(viewport);
  expect([w.first, w.last]).toEqual([0, 1]);
  w.update(rows(1, 1));
  expect([w.first, w.last, w.empty]).toEqual([0, 1, false]);
});

test("a list that becomes shorter leaves no space behind", () => {
  const w = new RowWindow();
  w.update(rows(1, 50));
  w.showEnd(viewport);
  w.update(rows(1, 0));
  expect([w.first, w.last, w.above, w.below]).toEqual([0, 0, 0, 0]);
});

test("a list that opens step by step has its last rows first, and then those above them", () => {
  const w = new RowWindow();
  w.step = 5;
  w.update(rows(1, 100));
  w.showEnd(viewport);
  expect([w.first, w.last]).toEqual([95, 100]);
  const firsts = [];
  while (w.cover(viewport - (w.last - w.first) * high, viewport)) firsts.push(w.first);
  expect(firsts).toEqual([90, 85]);
  expect([w.last, heightOf(w)]).toEqual([100, 100 * high]);
});
