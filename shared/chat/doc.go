// Package chat is a complete chat on the engine: rooms with a durable log, members,
// presence, typing and direct messages, by events and by HTTP. Enter at [New];
// docs/events.md describes what clients send and receive.
//
// Beware: a function may die between any two calls, and clients repeat what was not
// answered. So every operation may be repeated, and then has the same result. Every
// message is authorized, and the names of senders come from their tokens only.
package chat
