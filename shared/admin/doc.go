// Package admin is the namespace /admin that the public Socket.IO Admin UI
// (https://admin.socket.io) speaks to: who is connected, in which rooms, and the
// commands to emit, join, leave and disconnect. Enter at [Register].
//
// Functions run only when something happens, so they cannot report every two seconds as
// the UI's own server does. A report is sent when an admin connects and after each of
// their commands, and an event when a socket comes or leaves. A report costs a query for each
// namespace and a read for each socket.
package admin
