import { expect, test } from "vitest";
import { initials } from "../src/core/person";
import { isEmoji } from "../src/core/text";

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
