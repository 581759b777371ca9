// Package conformance says clause by clause what Confab makes of Engine.IO 4 and
// Socket.IO 5, on the wire: its tests start the local cloud and write and read the
// text frames themselves, so that no client library smooths anything over. Every
// clause is tested in both modes of dispatch, because AWS promises neither.
//
// Protocols: https://socket.io/docs/v4/engine-io-protocol/ and
// https://socket.io/docs/v4/socket-io-protocol/
package conformance
