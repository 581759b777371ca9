// What links in messages lead to: by the official client, and by HTTP, with pages of this machine.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { entrance, roomOfTwo } from "../entrance.mjs";
import { http, readMeter, shortName, startCloud } from "../harness.mjs";
import { reachesHere, servePages } from "../pages.mjs";

describe("link previews", () => {
  /** @type {import("../harness.mjs").Cloud} */
  let cloud;
  /** @type {Awaited<ReturnType<typeof servePages>>} */
  let pages;
  before(async () => {
    pages = await servePages((path, response) => {
      if (path === "/inside") response.writeHead(302, { location: "http://169.254.169.254/latest/meta-data/" });
      if (path === "/plain") response.setHeader("content-type", "text/plain");
      const tags = `<title>Page ${path}</title><meta property="og:site_name" content="Über <b>uns</b>">`;
      setTimeout(() => response.end(`${tags}<meta name=description content="What it is about">`), 50);
    });
    cloud = await startCloud(reachesHere);
  });
  after(async () => {
    await cloud.stop();
    pages.close();
  });
  const enter = entrance(() => cloud.url);

  /**
   * A room of two, in which Ada has sent a link to a page.
   *
   * @param {string} path
   */
  async function withLink(path) {
    const { ada, bob, roomId } = await roomOfTwo(enter, "Links");
    const url = `http://${pages.host}${path}`;
    const { message } = await ada.request("sendMessage", { roomId, text: `Read ${url}, please.`, tempId: "link" });
    const shown = {
      url,
      host: pages.host,
      site: "Über <b>uns</b>",
      title: `Page ${path}`,
      description: "What it is about",
    };
    const request = { roomId, seq: message.seq, url };
    const address = `/api/rooms/${roomId}/messages/${message.seq}/link-preview`;
    return { ada, bob, roomId, url, message, shown, request, address };
  }

  test("the author shows a page to the room and takes it away, by event and by HTTP", async () => {
    const { ada, bob, roomId, url, message, shown, request, address } = await withLink("/a");
    const answer = await ada.request("previewLink", { ...request, on: true });
    assert.deepEqual(answer.message, { ...message, linkPreview: shown, rev: 1 });
    const [heard] = await bob.events.allOnce("messageChanged", (all) => all.length > 0);
    assert.deepEqual(heard, { message: answer.message, rev: 1 });
    assert.deepEqual((await bob.request("history", { roomId })).messages.at(-1), answer.message);
    const { token } = ada;
    const off = await http(cloud.url, "PUT", address, { token, body: { url, on: false } });
    assert.deepEqual([off.status, off.body.message.linkPreview], [200, undefined]);
    const on = await http(cloud.url, "PUT", address, { token, body: { url, on: true } });
    assert.deepEqual([on.status, on.body.message.linkPreview], [200, shown]);
    assert.equal(pages.asked["/a"], 1);
  });

  test("a message with a link asks for nothing by itself", async () => {
    const fetches = async () =>
      (await readMeter(cloud.url)).invocations.find((i) => shortName(i.function) === "preview")?.count ?? 0;
    const before = await fetches();
    const { ada, request } = await withLink("/quiet");
    assert.equal(await fetches(), before);
    await ada.request("previewLink", { ...request, on: true });
    assert.equal(await fetches(), before + 1);
  });

  test("twice is once, and five at once fetch the page once", async () => {
    const { ada, roomId, shown, request } = await withLink("/once");
    const all = await Promise.all(
      Array.from({ length: 5 }, () => ada.emitWithAck("previewLink", { ...request, on: true })),
    );
    const right = all.filter((answer) => answer.ok);
    assert.ok(right.length >= 1);
    for (const answer of all) {
      if (answer.ok) assert.deepEqual(answer.message.linkPreview, shown);
      else assert.deepEqual([answer.error.code, answer.error.retryAfter], ["rate_limited", 2]);
    }
    const again = await ada.request("previewLink", { ...request, on: true });
    assert.deepEqual(again.message.linkPreview, shown);
    assert.equal((await ada.request("changes", { roomId, after: 0 })).rev, 1);
    assert.equal(pages.asked["/once"], 1);
  });

  test("a page without a preview, and one that leads inside, leave the message", async () => {
    for (const path of ["/plain", "/inside"]) {
      const { ada, message, request } = await withLink(path);
      assert.deepEqual((await ada.request("previewLink", { ...request, on: true })).message, message);
      assert.deepEqual((await ada.request("previewLink", { ...request, on: true })).message, message);
      assert.equal(pages.asked[path], 1);
    }
  });

  test("wrong requests are refused, and fetch nothing", async () => {
    const { ada, roomId, url, request, address } = await withLink("/wrong");
    for (const [wrong, code, status] of /** @type {const} */ ([
      [{ url: `${url}/other` }, "not_found", 404],
      [{ url: url.slice(0, -1) }, "not_found", 404],
      [{ url: "ftp://example.com/" }, "bad_request", 400],
      [{ url: "https://user:secret@example.com/" }, "bad_request", 400],
      [{ url: "x".repeat(3000) }, "bad_request", 400],
    ])) {
      const answer = await ada.emitWithAck("previewLink", { ...request, ...wrong, on: true });
      assert.equal(answer.ok === false && answer.error.code, code, JSON.stringify(wrong).slice(0, 80));
      const byHTTP = await http(cloud.url, "PUT", address, { token: ada.token, body: { on: true, ...wrong } });
      assert.deepEqual([byHTTP.status, byHTTP.body.error.code], [status, code]);
    }
    const elsewhere = await ada.emitWithAck("previewLink", { roomId, seq: 99, url, on: true });
    assert.equal(elsewhere.ok === false && elsewhere.error.code, "not_found");
    assert.equal(pages.asked["/wrong"], undefined);
  });

  test("strangers, former members and other members show nothing", async () => {
    const { ada, bob, roomId, url, request, address } = await withLink("/mine");
    const eve = await enter("Eve");
    const former = await enter("Former");
    await former.request("joinRoom", { roomId });
    await former.request("leaveRoom", { roomId });
    for (const { token, user, emitWithAck } of [bob, eve, former])
      for (const on of [true, false]) {
        const answer = await emitWithAck("previewLink", { ...request, on });
        assert.equal(answer.ok === false && answer.error.code, "forbidden", user.name);
        assert.equal((await http(cloud.url, "PUT", address, { token, body: { url, on } })).status, 403, user.name);
      }
    await ada.request("leaveRoom", { roomId });
    const answer = await ada.emitWithAck("previewLink", { ...request, on: true });
    assert.equal(answer.ok === false && answer.error.code, "forbidden");
    assert.equal(pages.asked["/mine"], undefined);
  });

  test("the page learns whether they are on", async () => {
    assert.equal((await http(cloud.url, "GET", "/api/session")).body.linkPreviews, true);
  });

  test("where they are off, nothing is fetched and the page is told so", async () => {
    const plain = await startCloud();
    try {
      const here = entrance(() => plain.url);
      const { ada, roomId } = await roomOfTwo(here, "Off");
      const url = `http://${pages.host}/off`;
      const { message } = await ada.request("sendMessage", { roomId, text: url, tempId: "off" });
      const answer = await ada.emitWithAck("previewLink", { roomId, seq: message.seq, url, on: true });
      assert.equal(answer.ok === false && answer.error.code, "not_found");
      const address = `/api/rooms/${roomId}/messages/${message.seq}/link-preview`;
      assert.equal((await http(plain.url, "PUT", address, { token: ada.token, body: { url, on: true } })).status, 404);
      assert.equal((await http(plain.url, "GET", "/api/session")).body.linkPreviews, undefined);
      assert.equal(pages.asked["/off"], undefined);
    } finally {
      await plain.stop();
    }
  });
});
