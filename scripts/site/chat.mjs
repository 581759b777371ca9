// The reference of the chat's events and routes, from its AsyncAPI and OpenAPI documents.
import { readFileSync } from "node:fs";
import path from "node:path";

/** @typedef {{ $ref?: string, type?: string | string[], enum?: unknown[], const?: unknown, format?: string, description?: string, items?: Schema, properties?: Record<string, Schema>, required?: string[], additionalProperties?: Schema | boolean, oneOf?: Schema[], anyOf?: Schema[], allOf?: Schema[] } & Record<string, any>} Schema */

const introduction = `# Reference of the chat's events and routes

It is made from the two documents that the chat serves, which are made from its code: [AsyncAPI](/asyncapi.json) for the events
and [OpenAPI](/openapi.json) for the routes. [Events and HTTP API](/events.md) says what they mean together.`;

/** @param {string} documents the folder of both */
export function describeChat(documents) {
  const [events, routes] = ["asyncapi.json", "openapi.json"].map((name) =>
    JSON.parse(readFileSync(path.join(documents, name), "utf8")),
  );
  const messages = events.channels.chat.messages;
  const out = [introduction];
  /** @param {string} reference */
  const messageAt = (reference) => messages[nameIn(reference)];

  out.push("## Events from clients", "Each is answered by one acknowledgement.");
  const operations = Object.entries(events.operations).sort(([a], [b]) => a.localeCompare(b));
  for (const [name, operation] of operations) {
    if (operation.action !== "receive") continue;
    const answer = messageAt(operation.reply.messages[0].$ref).payload;
    out.push(`### ${name} {#event-${name}}`, operation.summary);
    out.push(`Request: ${typeOf(messageAt(operation.messages[0].$ref).payload)}. Answer: ${resultOf(answer)}.`);
    const codes = codesIn(answer);
    if (codes.length > 0) out.push(`Errors: ${codes.map((code) => `\`${code}\``).join(", ")}.`);
  }
  out.push("## Events to clients");
  for (const [, operation] of operations) {
    if (operation.action !== "send") continue;
    const message = messageAt(operation.messages[0].$ref);
    out.push(`### ${message.name} {#heard-${message.name}}`, operation.summary, `With: ${typeOf(message.payload)}.`);
  }
  out.push("## Routes", `| route | what it does |\n|---|---|\n${routesOf(routes).join("\n")}`);
  out.push("## Types");
  const schemas = { ...routes.components.schemas, ...events.components.schemas };
  for (const name of Object.keys(schemas).sort()) {
    out.push(`### ${name} {#type-${name}}`, ...typeSection(name, schemas[name]));
  }
  return `${out.join("\n\n")}\n`;
}

/** @param {any} routes */
function routesOf(routes) {
  return Object.keys(routes.paths)
    .sort()
    .flatMap((at) =>
      Object.entries(routes.paths[at])
        .filter(([method]) => method !== "parameters")
        .map(
          ([method, route]) =>
            `| \`${method.toUpperCase()} ${at}\` | ${cell(route.summary ?? route.description ?? route.operationId)} |`,
        ),
    );
}

/** @param {string} name @param {Schema} schema */
function typeSection(name, schema) {
  const text = (schema.description ?? "").replace(`${name} is `, "").replace(/^./, (letter) => letter.toUpperCase());
  if (!schema.properties) return [text, typeOf(schema, name)].filter((part) => part !== "");
  const rows = Object.entries(schema.properties).map(([field, of]) => {
    const optional = schema.required?.includes(field) ? "" : "?";
    return `| \`${field}${optional}\` | ${cell(typeOf(of))} | ${cell([of.description, boundsOf(of)].filter(Boolean).join(" "))} |`;
  });
  return [text, `| field | type | |\n|---|---|---|\n${rows.join("\n")}`];
}

/** The name of a type, with a link to it. @param {Schema} schema @param {string} [self] @returns {string} */
function typeOf(schema, self = "") {
  if (schema === undefined) return "nothing";
  if (schema.$ref) return `[${nameIn(schema.$ref)}](#type-${nameIn(schema.$ref)})`;
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(", ");
  const among = schema.oneOf ?? schema.anyOf;
  if (among) return among.map((one) => typeOf(one, self)).join(" or ");
  if (schema.allOf) return schema.allOf.map((one) => typeOf(one, self)).join(" and ");
  if (schema.items) return `list of ${typeOf(schema.items, self)}`;
  if (typeof schema.additionalProperties === "object")
    return `object, by name: ${typeOf(schema.additionalProperties, self)}`;
  if (schema.properties)
    return Object.keys(schema.properties)
      .map((name) => `\`${name}\``)
      .join(", ");
  return [schema.type ?? "anything"].flat().join(" or ");
}

/** What an acknowledgement has beside ok. @param {Schema} answer */
function resultOf(answer) {
  const done = (answer.oneOf ?? [answer])[0];
  const results = (done.allOf ?? []).filter((/** @type {Schema} */ part) => part.$ref);
  return results.length > 0 ? results.map((/** @type {Schema} */ part) => typeOf(part)).join(" and ") : "`ok` alone";
}

/** @param {Schema} answer @returns {string[]} */
function codesIn(answer) {
  const codes = answer?.properties?.error?.properties?.code?.enum;
  if (codes) return /** @type {string[]} */ (codes);
  return [...(answer?.oneOf ?? []), ...(answer?.allOf ?? [])].flatMap(codesIn);
}

const bounds = /** @type {const} */ ({
  minLength: "at least $ characters",
  maxLength: "at most $ characters",
  minItems: "at least $",
  maxItems: "at most $",
  minimum: "at least $",
  maximum: "at most $",
  pattern: "as `$`",
});

/** @param {Schema} schema */
function boundsOf(schema) {
  const said = Object.entries(bounds)
    .filter(([key]) => schema[key] !== undefined && Math.abs(schema[key]) !== 2 ** 63)
    .map(([key, text]) => text.replace("$", () => String(schema[key])));
  return said.length > 0 ? `(${said.join(", ")})` : "";
}

/** @param {string} reference */
const nameIn = (reference) => /** @type {string} */ (reference.split("/").at(-1));

/** @param {string} text */
const cell = (text) => text.replaceAll("|", "\\|").replaceAll("\n", " ");
