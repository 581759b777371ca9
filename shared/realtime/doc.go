// Package realtime is Socket.IO's server programming model for functions that
// keep nothing in memory between two messages.
//
// Register middlewares and handlers once at start-up, on a [Server] or on one of
// its namespaces ([Server.Of]); whichever function instance receives a message
// finds the connection's state in the [Store], runs the handler, and speaks to
// clients through the [Gateway]. Start at [NewServer], [Server.Use],
// [Server.OnConnection] and [On].
//
// What to beware of: two messages of one connection may be handled at the same
// time by two machines and in either order; state that outlives a handler
// belongs into the socket's data, into a room, or into the application's own
// store. Every call that leaves the function takes a context and can fail.
package realtime
