// Package chat is a complete chat on the engine: rooms with a durable log, members,
// presence, typing, direct messages, by events and by HTTP. Enter at [New];
// docs/events.md describes what clients send and hear.
//
// What to beware of: every function may die between any two calls and every call may
// be repeated, so each operation here may be repeated too and then has the same
// result. Authorization is checked on every message; names of senders come from
// their tokens only.
package chat
