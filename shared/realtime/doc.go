// Package realtime is Socket.IO's server programming model for functions that keep nothing in
// memory between two messages.
//
// Register middlewares and handlers once at start-up, on a [Server] or on one of its
// namespaces ([Server.Of]). Whichever function instance receives a message loads the
// connection's state from the store, runs the handler, and posts to clients through the
// [Gateway]. Start at [NewServer], [Namespace.Use], [Namespace.OnConnection] and [On].
//
// Beware: two messages of one connection may be handled at the same time by two machines, in
// either order. State that outlives a handler belongs in the socket's data, in a room, or in
// the application's own store. Every call that leaves the function takes a context and can
// fail.
package realtime
