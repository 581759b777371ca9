// Package engineio is the codec of Engine.IO protocol 4 over its WebSocket
// transport, as a server needs it: [CheckRequest] judges the request that opens a
// connection, [Handshake] makes the first frame, and [Decode] reads what clients
// send. What a message carries is for package socketio.
//
// There are text frames only: binary data travels as base64 in frames of type
// [Binary], which every JavaScript client since 3.0 decodes, and sends when it is
// created with forceBase64.
//
// Protocol: https://socket.io/docs/v4/engine-io-protocol/
package engineio
