/** The chat without a page: what a client knows, sends and keeps. */
export * from "./backoff.js";
export * from "./catchup.js";
export * from "./connection.js";
export * from "./error.js";
export * from "./id.js";
export * from "./log.js";
export * from "./mentions.js";
export * from "./outbox.js";
export * from "./presence.js";
export type * from "./protocol.js";
export * from "./readMarks.js";
export * from "./revisions.js";
export * from "./sorted.js";
export * from "./threads.js";
export * from "./typed.js";
export * from "./typedInBrowser.js";
export * from "./typing.js";
