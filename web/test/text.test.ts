import { expect, test } from "vitest";
import { initials } from "../src/core/person";
import { isEmoji, splitLinks } from "../src/core/text";

test("only web addresses become links", () => {
  expect(splitLinks("see https://a.example/x?y=1, or (http://b.example).")).toEqual([
    { text: "see " },
    { url: "https://a.example/x?y=1" },
    { text: ", or (" },
    { url: "http://b.example" },
    { text: ")." },
  ]);
  for (const text of ["javascript:alert(1)", "data:text/html,x", "http://", "https://.", "xhttps", "<b>bold</b>"]) {
    expect(splitLinks(text)).toEqual([{ text }]);
  }
});

test("parentheses that belong to an address stay in it", () => {
  expect(splitLinks("https://a.example/x_(y)")).toEqual([{ url: "https://a.example/x_(y)" }]);
  expect(splitLinks("(https://a.example/x_(y))")).toEqual([
    { text: "(" },
    { url: "https://a.example/x_(y)" },
    { text: ")" },
  ]);
});

test("the pieces of a text add up to the text", () => {
  for (const text of ["", "plain", "a https://a.example b\nhttps://b.example/!?", "https://a.example]]"]) {
    expect(
      splitLinks(text)
        .map((p) => ("url" in p ? p.url : p.text))
        .join(""),
    ).toBe(text);
  }
});

test("a few emoji alone are recognized", () => {
  for (const text of ["🎉", "👍🏽 🚀", "❤️", "🇩🇪🇫🇷", "👩🏽‍🚀", "1️⃣"]) expect([text, isEmoji(text)]).toEqual([text, true]);
  for (const text of ["ok 👍", "12", "", "#", "🎉🎉🎉🎉🎉🎉🎉"]) expect([text, isEmoji(text)]).toEqual([text, false]);
});

test("initials are whole characters", () => {
  expect(["Ada Lovelace", "ada", " Jean  Luc Picard ", "👩🏽‍🚀 Mae", ""].map(initials)).toEqual([
    "AL",
    "A",
    "JP",
    "👩🏽‍🚀M",
    "",
  ]);
});
