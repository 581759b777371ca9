// Package admin is the namespace /admin that the public Socket.IO Admin UI
// (https://admin.socket.io) speaks to: who is connected, in which rooms, and the
// commands to emit, join, leave and disconnect. Enter at [Register]; it is off unless
// asked for.
//
// A server of functions has no moment of its own at which it could tell an admin what
// goes on. So what the UI shows is read when an admin connects and after each of
// their commands, and not while nothing is asked; it speaks the UI's production mode,
// which has no events of single sockets. Each reading costs a query for each
// namespace and a read for each socket.
package admin
