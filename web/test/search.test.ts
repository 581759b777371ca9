import { expect, test } from "vitest";
import { bestMatches, markFound } from "../src/core/search";

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

const marked = (text: string, search: string) =>
  markFound(text, search)
    .map((p) => (p.found ? `[${p.text}]` : p.text))
    .join("");

test("what is marked are beginnings of words, without case and accents", () => {
  expect(marked("Crème in an ice cream, discreme", "CREME ice")).toBe("[Crème] in an [ice] cream, discreme");
  expect(marked("quicksand", "quick")).toBe("[quick]sand");
  expect(marked("nothing", "...")).toBe("nothing");
});

test("where no space is between words, any part is marked", () => {
  expect(marked("東京タワー", "タワ")).toBe("東京[タワ]ー");
});
