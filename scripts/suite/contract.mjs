// Holds what the chat says to the documents that describe it: each acknowledgement and event by
// the AsyncAPI document, each answer by HTTP by the OpenAPI document. What is not as described
// makes the process of the tests fail at its end.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";

/** @typedef {{ name?: string, payload: unknown }} Message */

const folder = fileURLToPath(new URL("../../shared/document", import.meta.url));
/** @param {string} file */
const read = (file) => JSON.parse(readFileSync(join(folder, file), "utf8"));
export const asyncapi = read("asyncapi.json");
export const openapi = read("openapi.json");

const ajv = new Ajv2020({ strict: false, allErrors: true });
formats.default(ajv);
ajv.addSchema(asyncapi, "asyncapi.json");
ajv.addSchema(openapi, "openapi.json");

/** @type {Set<string>} */
const problems = new Set();
process.on("exit", () => {
  if (problems.size === 0) return;
  console.error(`Not as the documents describe it:\n${[...problems].join("\n")}`);
  process.exitCode = 1;
});

let held = true;

/** Call it where stacks are broken on purpose, and answers are API Gateway's instead of the chat's. */
export function expectAnyAnswers() {
  held = false;
}

/** The steps of a JSON pointer in the fragment of a URL. @param {string[]} steps */
const pointer = (...steps) =>
  steps.map((step) => `/${encodeURIComponent(step.replaceAll("~", "~0").replaceAll("/", "~1"))}`).join("");

/**
 * What is wrong with a value by a schema of a document; "" if nothing is.
 *
 * @param {string} document
 * @param {string[]} place
 * @param {unknown} value
 */
function wrong(document, place, value) {
  const validate = ajv.getSchema(`${document}#${pointer(...place)}`);
  if (!validate) return "is not described";
  return validate(value) ? "" : ajv.errorsText(validate.errors);
}

const messages = ["channels", "chat", "messages"];

/**
 * What is wrong with the request of an event.
 *
 * @param {string} event
 * @param {unknown} request
 */
export const wrongRequest = (event, request) => wrong("asyncapi.json", [...messages, event, "payload"], request);

/** @param {string} what @param {string} problem */
const note = (what, problem) => held && problem && problems.add(`${what}: ${problem}`);

/**
 * Notes if an acknowledgement is not as described. Events of applications are none of the chat's.
 *
 * @param {string} event
 * @param {unknown} answer
 */
export function checkAnswer(event, answer) {
  if (!(event in asyncapi.operations)) return;
  note(`the answer to ${event}`, wrong("asyncapi.json", [...messages, `${event}Answer`, "payload"], answer));
}

/**
 * Notes if an event from the server is not as described.
 *
 * @param {string} event
 * @param {unknown[]} args
 */
export function checkEvent(event, args) {
  note(`the event ${event}`, wrong("asyncapi.json", [...messages, `${event}Event`, "payload"], args[0]));
}

/** @type {[RegExp, string][]} */
const paths = Object.keys(openapi.paths)
  .sort((a, b) => a.split("{").length - b.split("{").length) // those with fewer wildcards win
  .map((path) => [new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`), path]);

/**
 * Notes if an answer by HTTP is not as described. Paths and methods that are not described are
 * tested as such.
 *
 * @param {string} method
 * @param {string} url
 * @param {number} status
 * @param {unknown} body
 */
export function checkResponse(method, url, status, body) {
  const path = paths.find(([pattern]) => pattern.test(url.split("?")[0]))?.[1];
  const operation = path && openapi.paths[path][method.toLowerCase()];
  if (!path || !operation) return;
  const place = [
    "paths",
    path,
    method.toLowerCase(),
    "responses",
    String(status),
    "content",
    "application/json",
    "schema",
  ];
  note(`${method} ${path} ${status}`, wrong("openapi.json", place, body));
}
