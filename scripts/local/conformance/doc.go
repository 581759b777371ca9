// Package conformance tests Confab's Engine.IO 4 and Socket.IO 5 clause by clause. Its tests
// start the local cloud, and write and read the frames without a client library, which might
// hide a mistake. They test every clause in both modes of dispatch, because AWS documents
// neither.
//
// Protocols: https://socket.io/docs/v4/engine-io-protocol/ and
// https://socket.io/docs/v4/socket-io-protocol/
package conformance
