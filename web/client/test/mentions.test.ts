import assert from "node:assert/strict";
import { test } from "vitest";
import { beginsMention, everyone, mentionable, mentionedIn, partsOfText, withMessage } from "../src/mentions.js";
import type { Message } from "../src/protocol.js";

const people = [
  { id: "a", name: "Ada" },
  { id: "l", name: "Ada Lovelace" },
  { id: "b", name: "Bob" },
];

test("a text mentions the people whose names stand behind an @, the longest name first", () => {
  assert.deepEqual(partsOfText("Hi @Ada Lovelace, @Bob!", people), [
    { text: "Hi " },
    { text: "@Ada Lovelace", id: "l" },
    { text: ", " },
    { text: "@Bob", id: "b" },
    { text: "!" },
  ]);
  assert.deepEqual(mentionedIn("@Ada @Ada @room", mentionable(people)), ["a", everyone]);
});

test("of people with the same name, those are meant who were chosen, and else all of them", () => {
  const twice = [...people, { id: "b2", name: "Bob" }];
  assert.deepEqual(mentionedIn("@Bob", twice), ["b", "b2"]);
  assert.deepEqual(mentionedIn("@Bob @Ada", twice, [{ id: "b2", name: "Bob" }]), ["b2", "a"]);
  assert.deepEqual(mentionedIn("@Bob", people, [{ id: "gone", name: "Bob" }]), ["b"]);
});

test("the whole of a large room is not mentioned", () => {
  const many = Array.from({ length: 50 }, (_, i) => ({ id: `u${i}`, name: `User ${i}` }));
  assert.deepEqual(mentionedIn("@room", mentionable(many)), [everyone]);
  assert.deepEqual(mentionedIn("@room", mentionable([...many, ...people])), []);
});

test("addresses, parts of names and unknown names mention nobody", () => {
  assert.deepEqual(mentionedIn("ada@Bob.example @Bobby @Eve @ Ada @rooms", mentionable(people)), []);
});

test("a mention begins with an @ at the beginning of a word", () => {
  assert.equal(beginsMention("Hi @Ada L"), "Ada L");
  assert.equal(beginsMention("@"), "");
  assert.equal(beginsMention("a@b"), null);
  assert.equal(beginsMention("@Ada\nx"), null);
  assert.equal(beginsMention("at @ Ada"), null);
});

test("a list of mentions has each message once, as it is now", () => {
  const of = (seq: number, rest: Partial<Message> = {}): Message => ({
    id: `r.${seq}`,
    roomId: "r",
    seq,
    sender: { id: "b", name: "Bob" },
    text: "x",
    sentAt: `2026-01-01T00:00:0${seq}.000Z`,
    mentions: ["a"],
    ...rest,
  });
  const list = [of(2), of(1)];
  assert.deepEqual(withMessage(list, of(3), "a"), [of(3), ...list]);
  assert.deepEqual(withMessage(list, of(1, { rev: 2, mentions: ["c"] }), "a"), [of(2)]);
  assert.deepEqual(withMessage(list, of(2, { rev: 2, text: "", deletedAt: "now" }), "a"), [of(1)]);
  assert.deepEqual(withMessage([of(1, { rev: 3 })], of(1, { rev: 2, mentions: [] }), "a"), [of(1, { rev: 3 })]);
  assert.deepEqual(withMessage([], of(1, { mentions: [everyone] }), "a").length, 1);
  assert.deepEqual(withMessage([], of(1, { sender: { id: "a", name: "Ada" } }), "a"), []);
});
