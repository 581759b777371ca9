// Attachments: uploads by signed forms, messages that name them, and links to read them.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { entrance } from "../entrance.mjs";
import { connectAs, http, readMeter, startCloud } from "../harness.mjs";

/** @typedef {import("../../../web/client/src/protocol.ts").Upload} Upload */

const bytes = new TextEncoder().encode("<script>alert(1)</script>");
const file = { name: "naïve plan.html", type: "text/html", size: bytes.length };

/**
 * Sends a form, and returns the status and what is wrong.
 *
 * @param {Upload} upload
 * @param {Record<string, string>} [changed]
 * @param {Uint8Array} [content]
 */
async function post(upload, changed = {}, content = bytes) {
  const form = new FormData();
  for (const [name, value] of Object.entries({ ...upload.fields, ...changed })) form.append(name, value);
  form.append("file", new Blob([Buffer.from(content)]));
  const answer = await fetch(upload.url, { method: "POST", body: form });
  return `${answer.status} ${/<Code>(\w+)/.exec(await answer.text())?.[1] ?? ""}`.trim();
}

describe("attachments", () => {
  /** @type {import("../harness.mjs").Cloud} */
  let cloud;
  before(async () => (cloud = await startCloud()));
  const enter = entrance(() => cloud.url);
  after(() => cloud.stop());
  const roomOfTwo = async () => {
    const [ada, bob] = [await enter("Ada"), await enter("Bob")];
    const { room } = await ada.request("createRoom", { name: "Files", kind: "channel" });
    await bob.request("joinRoom", { roomId: room.id });
    return { ada, bob, roomId: room.id };
  };
  /** @param {import("../harness.mjs").Client} person @param {string} roomId */
  const uploaded = async (person, roomId) => {
    const { upload, attachment } = await person.request("createUpload", { roomId, ...file });
    assert.match(await post(upload), /^20/);
    return attachment.id;
  };

  test("an uploaded file goes with a message without text, and is read as a download of another origin", async () => {
    const { ada, bob, roomId } = await roomOfTwo();
    const id = await uploaded(ada, roomId);
    const request = { roomId, text: "", tempId: "t", attachments: [{ id, width: 3, height: 2 }] };
    const { message } = await ada.request("sendMessage", request);
    assert.deepEqual(message.attachments, [{ id, ...file, width: 3, height: 2 }]);
    const [heard] = await bob.events.allOnce("newMessage", (all) => all.length > 0);
    assert.deepEqual(heard, message);
    const { url } = await bob.request("attachmentURL", { roomId, id });
    assert.notEqual(new URL(url).origin, new URL(cloud.url).origin);
    const answer = await fetch(url);
    assert.equal(await answer.text(), new TextDecoder().decode(bytes));
    assert.equal(answer.headers.get("content-type"), file.type);
    assert.match(answer.headers.get("content-disposition") ?? "", /^attachment; filename\*=UTF-8''na%C3%AFve%20plan/);
    assert.equal((await fetch(url.replace(id, "other"))).status, 403, "the link is for this file alone");
    assert.equal((await fetch(url.replace(/\?.*/, ""))).status, 403, "without a signature");
  });

  test("a file costs three requests of S3 to send and one to read, and none when nobody attaches one", async () => {
    const { ada, bob, roomId } = await roomOfTwo();
    const counted = async () => {
      const { calls } = await readMeter(cloud.url);
      return calls
        .filter(({ service }) => service === "s3")
        .map(({ operation, count }) => `${count} ${operation}`)
        .sort();
    };
    await fetch(`${cloud.url}/_local/meter/reset`, { method: "POST" });
    await ada.request("sendMessage", { roomId, text: "without", tempId: "a" });
    assert.deepEqual(await counted(), []);
    const id = await uploaded(ada, roomId);
    await ada.request("sendMessage", { roomId, text: "with", tempId: "b", attachments: [{ id }] });
    await fetch((await bob.request("attachmentURL", { roomId, id })).url);
    assert.deepEqual(await counted(), ["1 CopyObject", "1 GetObject", "1 HeadObject", "1 PostObject"]);
  });

  test("by HTTP it is the same, and a repetition is the same message", async () => {
    const { ada, roomId } = await roomOfTwo();
    const path = `/api/rooms/${roomId}/attachments`;
    const offered = await http(cloud.url, "POST", path, { token: ada.token, body: file });
    assert.equal(offered.status, 201);
    assert.match(await post(offered.body.upload), /^20/);
    const { id } = offered.body.attachment;
    const body = { text: "a caption", tempId: "t", attachments: [{ id }] };
    const sends = await Promise.all(
      Array.from({ length: 5 }, () =>
        http(cloud.url, "POST", `/api/rooms/${roomId}/messages`, { token: ada.token, body }),
      ),
    );
    for (const { status, body } of sends) assert.deepEqual([status, body], [201, sends[0].body]);
    const link = await http(cloud.url, "GET", `${path}/${id}`, { token: ada.token });
    assert.equal((await fetch(link.body.url)).status, 200);
    const other = await ada.emitWithAck("sendMessage", { roomId, text: "a caption", tempId: "t" });
    assert.equal(other.ok === false && other.error.code, "idempotency_conflict");
    const gone = await http(cloud.url, "DELETE", `/api/rooms/${roomId}/messages/1`, { token: ada.token });
    assert.equal(gone.body.message.attachments, undefined);
    assert.equal((await fetch(link.body.url)).status, 404);
  });

  test("a form takes the file that it was made for, and nothing else", async () => {
    const { ada, roomId } = await roomOfTwo();
    const { upload } = await ada.request("createUpload", { roomId, ...file });
    assert.equal(await post(upload, {}, bytes.slice(1)), "400 EntityTooSmall");
    assert.equal(await post(upload, {}, new Uint8Array(bytes.length + 1)), "400 EntityTooLarge");
    assert.equal(await post(upload, { "Content-Type": "image/png" }), "403 AccessDenied");
    assert.equal(await post(upload, { "Content-Disposition": "inline" }), "403 AccessDenied");
    assert.equal(await post(upload, { key: "kept/other" }), "403 AccessDenied");
    assert.equal(await post(upload, { acl: "public-read" }), "403 AccessDenied");
    assert.equal(await post(upload, { policy: btoa("{}") }), "403 SignatureDoesNotMatch");
  });

  test("nobody sends what is not uploaded, or is another's, or was uploaded for another room", async () => {
    const { ada, bob, roomId } = await roomOfTwo();
    const { attachment } = await ada.request("createUpload", { roomId, ...file });
    const ofAda = await uploaded(ada, roomId);
    const { room } = await ada.request("createRoom", { name: "Other", kind: "channel" });
    for (const [person, room_, id] of /** @type {const} */ ([
      [ada, roomId, attachment.id],
      [bob, roomId, ofAda],
      [ada, room.id, ofAda],
    ])) {
      const answer = await person.emitWithAck("sendMessage", {
        roomId: room_,
        text: "x",
        tempId: "t",
        attachments: [{ id }],
      });
      assert.equal(answer.ok === false && answer.error.code, "not_found");
    }
    assert.equal((await ada.request("history", { roomId })).messages.length, 0);
  });

  test("nobody sends the file of another's message, by which they could delete it", async () => {
    const { ada, bob, roomId } = await roomOfTwo();
    const id = await uploaded(ada, roomId);
    await ada.request("sendMessage", { roomId, text: "", tempId: "t", attachments: [{ id }] });
    const mine = await uploaded(bob, roomId);
    for (const attachments of [[{ id }], [{ id: mine, thumbnail: id }]]) {
      const answer = await bob.emitWithAck("sendMessage", { roomId, text: "mine", tempId: "u", attachments });
      assert.equal(answer.ok === false && answer.error.code, "not_found");
    }
    const { url } = await bob.request("attachmentURL", { roomId, id });
    assert.equal((await fetch(url)).status, 200);
  });

  test("strangers and former members upload and read nothing", async () => {
    const { ada, bob, roomId } = await roomOfTwo();
    const id = await uploaded(ada, roomId);
    const ofBob = await uploaded(bob, roomId);
    await ada.request("sendMessage", { roomId, text: "", tempId: "t", attachments: [{ id }] });
    await bob.request("leaveRoom", { roomId });
    for (const person of [bob, await enter("Eve")]) {
      for (const [event, request] of /** @type {const} */ ([
        ["createUpload", { roomId, ...file }],
        ["attachmentURL", { roomId, id }],
        ["sendMessage", { roomId, text: "", tempId: "u", attachments: [{ id: ofBob }] }],
      ])) {
        const answer = await person.emitWithAck(event, request);
        assert.equal(answer.ok === false && answer.error.code, "forbidden", `${event} of ${person.user.name}`);
      }
      const { token } = person;
      const path = `/api/rooms/${roomId}/attachments`;
      assert.equal((await http(cloud.url, "GET", `${path}/${id}`, { token })).status, 403);
      assert.equal((await http(cloud.url, "POST", path, { token, body: file })).status, 403);
    }
  });

  test("a deleted message has no file any more, and its repetition brings none back", async () => {
    const { ada, roomId } = await roomOfTwo();
    const id = await uploaded(ada, roomId);
    const request = { roomId, text: "", tempId: "t", attachments: [{ id }] };
    await ada.request("sendMessage", request);
    const { url } = await ada.request("attachmentURL", { roomId, id });
    const { message } = await ada.request("deleteMessage", { roomId, seq: 1 });
    assert.equal(message.attachments, undefined);
    assert.equal((await fetch(url)).status, 404);
    const again = await ada.emitWithAck("sendMessage", request);
    assert.deepEqual(again, { ok: true, message });
    assert.equal((await fetch(url)).status, 404);
  });

  test("what cannot be a file is refused with the field's name", async () => {
    const { ada, roomId } = await roomOfTwo();
    /** @type {[object, string, RegExp][]} */
    const wrong = [
      [{ name: "" }, "bad_request", /name/],
      [{ name: "../x" }, "bad_request", /name/],
      [{ type: "html" }, "bad_request", /type/],
      [{ type: "text/html; charset=x" }, "bad_request", /type/],
      [{ size: 0 }, "bad_request", /size/],
      [{ size: 10_000_001 }, "too_large", /10000000 bytes/],
    ];
    for (const [field, code, message] of wrong) {
      const { error } = await ada.emitWithAck("createUpload", { roomId, ...file, ...field });
      assert.equal(error?.code, code, JSON.stringify(field));
      assert.match(error.message, message);
    }
    /** @type {[object[], RegExp][]} */
    const refs = [
      [Array.from({ length: 11 }, (_, i) => ({ id: `a${i}` })), /attachments/],
      [[{ id: "a" }, { id: "a" }], /attachments/],
      [[{ id: "a", width: 0 }], /width/],
      [[{ id: "a", duration: -1 }], /duration/],
      [[{ id: "a/b" }], /attachment id/],
    ];
    for (const [attachments, message] of refs) {
      const { error } = await ada.emitWithAck("sendMessage", { roomId, text: "", tempId: "t", attachments });
      assert.equal(error?.code, "bad_request", JSON.stringify(attachments));
      assert.match(error.message, message);
    }
  });
});

test("the operator bounds what is attached, or turns it off", async () => {
  for (const [types, codes] of /** @type {const} */ ([
    ["image/*", ["bad_request", undefined, "too_large"]],
    ["none", ["not_found", "not_found", "not_found"]],
  ])) {
    const cloud = await startCloud(["-max-file", "1", "-file-types", types]);
    try {
      const { body } = await http(cloud.url, "GET", "/api/session");
      const told = types === "none" ? undefined : { maxBytes: 1000, types: [types] };
      assert.deepEqual(body.attachments, told);
      const ada = await connectAs(cloud.url, "Ada");
      const { room } = await ada.request("createRoom", { name: "Files" });
      const found = [];
      for (const wish of [file, { ...file, type: "image/png" }, { ...file, type: "image/png", size: 1001 }]) {
        found.push((await ada.emitWithAck("createUpload", { roomId: room.id, ...wish })).error?.code);
      }
      ada.close();
      assert.deepEqual(found, codes);
    } finally {
      await cloud.stop();
    }
  }
});
