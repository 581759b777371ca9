// Package realtimetest tests handlers without a network and without a database, as package
// net/http/httptest does for HTTP:
//
//	srv := realtimetest.New(t, app.Register)
//	ada, bob := srv.Connect("/game", nil), srv.Connect("/game", nil)
//	var players int
//	if err := ada.EmitWithAck("enter", &players, "table-7"); err != nil {
//		t.Fatal(err)
//	}
//	bob.ExpectNone()
//
// A [Server] has handlers and connections, a [Client] is one socket of a connection, and
// [Clock] is the time. Everything happens at once: when Emit returns, the handler has run
// and every client has received what it emitted. So no test needs to wait.
//
// The clients speak the real protocol, and the server's side is the real engine with a
// store in memory. As on AWS, a client's frame above [MaxFrame] ends its connection, a frame
// above [MaxPost] is not sent, and what a handler keeps in a variable may be gone when the
// next message comes: see [New].
package realtimetest
