import { wholeRoom } from "@confab/chat";
import { expect, test } from "vitest";
import { offered } from "../src/core/offered";

test("people are offered by the beginning of their names and of the words in them", () => {
  const people = ["Ada", "Ada Lovelace", "Bob"].map((name) => ({ id: name, name }));
  const names = (typed: string) => offered([...people, wholeRoom], typed).map((p) => p.name);
  expect(names("")).toEqual(["Ada", "Ada Lovelace", "Bob", "room"]);
  expect(names("LOVE")).toEqual(["Ada Lovelace"]);
  expect(names("ada")).toEqual(["Ada", "Ada Lovelace"]);
  expect(names("Ada ")).toEqual(["Ada Lovelace"]);
  expect(names("Bob ")).toEqual([]);
  expect(names("ob")).toEqual([]);
});
