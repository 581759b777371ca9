// The clauses of Socket.IO's public protocol suite that a WebSocket alone can show, in all
// settings of the conformance app. A client here is a bare WebSocket and takes every frame for
// the answer that it waits for, as that suite does. Only where API Gateway answers each message
// must it skip noops, as the protocol's clients do: docs/adr/0016-a-noop-answers-what-has-no-answer.md.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { WebSocket } from "ws";
import { patience, startCloud } from "../harness.mjs";

const intervals = { pingInterval: 500, pingTimeout: 4000 };

/** @typedef {{ dispatch: string, routeResponse: string, rootAuth: boolean }} Setting */
/** @type {Setting[]} */
const settings = [];
for (const dispatch of ["serial", "concurrent"]) {
  for (const routeResponse of ["every", "filled"]) {
    for (const rootAuth of [true, false]) settings.push({ dispatch, routeResponse, rootAuth });
  }
}

describe("the protocol", { concurrency: 2 }, () => {
  for (const setting of settings) suite(setting);
});

/** @param {Setting} setting */
function suite({ dispatch, routeResponse, rootAuth }) {
  const name = `dispatch ${dispatch}, route response ${routeResponse}, root auth ${rootAuth}`;
  describe(name, { concurrency: true }, () => {
    /** @type {import("../harness.mjs").Cloud} */
    let cloud;
    before(async () => {
      const flags = ["-dispatch", dispatch, "-route-response", routeResponse, `-root-auth=${rootAuth}`];
      const deadlines = ["-ping-interval", "500ms", "-ping-timeout", "4s", "-connect-timeout", "4s"];
      cloud = await startCloud(["-app", "conformance", "-recovery=false", ...flags, ...deadlines]);
    });
    after(() => cloud.stop());

    const open = (/** @type {string} */ query = "EIO=4&transport=websocket") =>
      new Line(cloud.url, query, routeResponse === "every");
    /** Opens a line, with the handshake of Engine.IO. */
    const opened = async () => {
      const line = open();
      assert.match(await line.next(), /^0\{/);
      return line;
    };
    /** Opens a line with a socket in the root namespace. */
    const joined = async () => {
      const line = await opened();
      line.send("40");
      assert.match(await line.next(), /^40\{"sid":/);
      if (rootAuth) assert.equal(await line.next(), '42["auth",{}]');
      return line;
    };

    test("a WebSocket opens a session", async () => {
      const line = open();
      const { sid, ...rest } = JSON.parse((await line.next()).replace(/^0/, ""));
      assert.equal(typeof sid, "string");
      assert.deepEqual(rest, { upgrades: [], ...intervals, maxPayload: 1_000_000 });
      line.close();
    });

    for (const query of ["transport=websocket", "EIO=abc&transport=websocket", "EIO=4", "EIO=4&transport=abc"]) {
      test(`the query ${query} opens none`, async () => {
        await open(query).closed;
      });
    }

    test("the server pings, and a client that answers stays", async () => {
      const line = await opened();
      line.pongs = false;
      line.send("40/custom"); // or it would be closed for having no socket
      await line.next();
      await line.next();
      for (let i = 0; i < 3; i++) {
        assert.equal(await line.nextOrPing(), "2");
        line.send("3");
      }
      line.close();
    });

    test("a client that does not answer is closed", async () => {
      const line = await joined();
      line.pongs = false;
      await line.closed;
    });

    test("the client closes the session", async () => {
      const line = await opened();
      line.send("1");
      await line.closed;
    });

    for (const [namespace, path] of /** @type {const} */ ([
      ["the main namespace", ""],
      ["a custom namespace", "/custom,"],
    ])) {
      for (const [what, payload] of /** @type {const} */ ([
        ["", ""],
        [" with a payload", '{"token":"123"}'],
      ])) {
        test(`a client connects to ${namespace}${what}`, async () => {
          const line = await opened();
          line.send(`40${path}${payload}`);
          const answer = await line.next();
          assert.ok(answer.startsWith(`40${path}`), answer);
          assert.deepEqual(Object.keys(JSON.parse(answer.slice(2 + path.length))), ["sid"]);
          if (rootAuth || path) assert.equal(await line.next(), `42${path}["auth",${payload || "{}"}]`);
          line.close();
        });
      }
    }

    test("an unknown namespace is refused", async () => {
      const line = await opened();
      line.send("40/random");
      assert.equal(await line.next(), '44/random,{"message":"Invalid namespace"}');
      line.close();
    });

    test("a line without a handshake is closed", async () => {
      await (await opened()).closed;
    });

    test("a handshake that is no packet closes the line", async () => {
      const line = await opened();
      line.send("4abc");
      await line.closed;
    });

    test("a client leaves the main namespace, and hears nothing but the next ping", async () => {
      const line = await joined();
      line.send("41");
      assert.equal(await line.nextOrPing(), "2");
      line.close();
    });

    test("a client leaves a custom namespace, and the main one goes on", async () => {
      const line = await joined();
      line.send("40/custom");
      assert.match(await line.next(), /^40\/custom,/);
      assert.match(await line.next(), /^42\/custom,\["auth"/);
      line.send("41/custom");
      line.send('42["message","to the main namespace"]');
      assert.equal(await line.next(), '42["message-back","to the main namespace"]');
      line.close();
    });

    test("a text event is answered by an event", async () => {
      const line = await joined();
      line.send('42["message",1,"2",{"3":[true]}]');
      assert.equal(await line.next(), '42["message-back",1,"2",{"3":[true]}]');
      line.close();
    });

    test("a text event is acknowledged", async () => {
      const line = await joined();
      line.send('42456["message-with-ack",1,"2",{"3":[false]}]');
      assert.equal(await line.next(), '43456[1,"2",{"3":[false]}]');
      line.close();
    });

    const placeholders = [0, 1].map((num) => JSON.stringify({ _placeholder: true, num })).join();
    for (const [what, sent, heard] of /** @type {const} */ ([
      ["answered by an event", '452-["message"', '452-["message-back",'],
      ["acknowledged", '452-789["message-with-ack"', "462-789["],
    ])) {
      test(`a binary event, its attachments in base64, is ${what}`, async () => {
        const line = await joined();
        line.send(`${sent},${placeholders}]`);
        line.send("bAQID");
        line.send("bBAUG");
        const packet = [await line.next(), await line.next(), await line.next()];
        assert.deepEqual(packet, [`${heard}${placeholders}]`, "bAQID", "bBAUG"]);
        line.close();
      });
    }

    for (const frame of ["4abc", "42{}", '42abc["message-with-ack",1]']) {
      test(`${frame} closes the line`, async () => {
        const line = await joined();
        line.send(frame);
        await line.closed;
      });
    }
  });
}

/** A WebSocket whose frames a test reads one by one. */
class Line {
  /** Whether it answers pings by itself. */
  pongs = true;
  #sent = 0;
  #noops = 0;
  /** @type {string[]} */
  #frames = [];
  #wake = () => {};

  /**
   * @param {string} url
   * @param {string} query
   * @param {boolean} noops whether each message has an answer, if only a noop
   */
  constructor(url, query, noops) {
    this.socket = new WebSocket(`${url.replace("http", "ws")}/socket.io/?${query}`);
    /** @type {Promise<void>} */
    this.closed = new Promise((resolve) => this.socket.on("close", () => resolve()));
    this.socket.on("error", () => {}); // it was refused, and closes
    this.socket.on("message", (data) => {
      const frame = String(data);
      if (frame === "2" && this.pongs) this.send("3");
      if (frame === "6" && noops) {
        assert.ok(++this.#noops <= this.#sent, "more noops than messages");
        return;
      }
      this.#frames.push(frame);
      this.#wake();
    });
  }

  /** @param {string} frame */
  send(frame) {
    this.#sent++;
    this.socket.send(frame);
  }

  /** The next frame. */
  async nextOrPing() {
    const deadline = Date.now() + patience;
    while (this.#frames.length === 0) {
      await new Promise((resolve, reject) => {
        this.#wake = () => resolve(undefined);
        setTimeout(() => reject(new Error("no frame came")), deadline - Date.now()).unref();
      });
    }
    return /** @type {string} */ (this.#frames.shift());
  }

  /** The next frame that is no ping. */
  async next() {
    for (;;) {
      const frame = await this.nextOrPing();
      if (frame !== "2") return frame;
    }
  }

  close() {
    this.socket.close();
  }
}
