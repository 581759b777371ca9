// Package admin is the namespace /admin that the public Socket.IO Admin UI
// (https://admin.socket.io) speaks to: who is connected, in which rooms, and the
// commands to emit, join, leave and disconnect. Enter at [Register].
//
// Functions run only when something happens, so they cannot report every two seconds as
// the UI's own server does. A report is sent when an admin connects and after each of
// their commands. It is the one of the UI's production mode, without events of single
// sockets, and costs a query for each namespace and a read for each socket.
package admin
