// Decodes packets with the reference's parsers and encodes them again. Each line of
// the input is a JSON array of the frames of one packet; the line of the output is
// {packet, frames} or {error}. Binary data in a packet is written {$binary: base64}.
const { decodePacket, encodePacket } = require("engine.io-parser");
const { Decoder, Encoder } = require("socket.io-parser");
const { createInterface } = require("node:readline");

function decode(frames) {
  const decoder = new Decoder();
  let packet;
  decoder.on("decoded", (p) => {
    if (packet) throw new Error("more than one packet");
    packet = p;
  });
  for (const frame of frames) {
    const { type, data } = decodePacket(frame, "nodebuffer");
    if (type !== "message") throw new Error(`an Engine.IO packet of type ${type}`);
    decoder.add(data);
  }
  if (!packet) throw new Error("an incomplete packet");
  return packet;
}

function encode(packet) {
  const frames = [];
  for (const data of new Encoder().encode(packet)) {
    encodePacket({ type: "message", data }, false, (frame) => frames.push(frame));
  }
  return frames;
}

function describe(value) {
  if (Buffer.isBuffer(value)) return { $binary: value.toString("base64") };
  if (Array.isArray(value)) return value.map(describe);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, describe(v)]));
}

createInterface({ input: process.stdin }).on("line", (line) => {
  let answer;
  try {
    const packet = decode(JSON.parse(line));
    answer = { packet: describe(packet), frames: encode(packet) };
  } catch (e) {
    answer = { error: String(e) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
});
