import { expect, test } from "vitest";
import { bestMatches } from "../src/core/search";

const find = (search: string, names: string[]) => bestMatches(names, search, (name) => name);

test("names that begin with the text come first, then those with a word that does", () => {
  expect(find("lau", ["Ballaugh", "Big launch", "Launch", "Other"])).toEqual(["Launch", "Big launch", "Ballaugh"]);
});

test("case, accents and spaces around the text do not count", () => {
  expect(find(" ELOISE ", ["Éloïse", "Elbe"])).toEqual(["Éloïse"]);
});

test("without a text everything matches, in its order", () => {
  expect(find("", ["b", "a"])).toEqual(["b", "a"]);
});
