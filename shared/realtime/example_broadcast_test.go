package realtime_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
)

func ExampleNamespace_Emit() {
	// From an HTTP handler, a schedule, or another service: no connection is needed.
	ctx := context.Background()
	if err := srv.Of("/news").Emit(ctx, "headline", "Socket.IO without servers"); err != nil {
		fmt.Println(err)
	}
}

func ExampleBroadcast_Except() {
	// Operators are values: keep them, and build on them.
	team := srv.To("team-1", "team-2")
	awake := team.Except("asleep")
	_ = awake.Emit(context.Background(), "standup")
	_ = team.Volatile().Emit(context.Background(), "cursor", 3, 4)
}

func ExampleBroadcast_EmitWithAck() {
	replies, err := srv.In("room-1").Timeout(3*time.Second).EmitWithAck(context.Background(), "ready?")
	for _, r := range replies {
		fmt.Println(r.SocketID, "answers", len(r.Args), "values")
	}
	var late *realtime.AckTimeoutError
	if errors.As(err, &late) {
		fmt.Println("no answer from", late.Missing)
	}
}

func ExampleBroadcast_FetchSockets() {
	ctx := context.Background()
	sockets, err := srv.In("lobby").FetchSockets(ctx)
	if err != nil {
		fmt.Println(err)
	}
	for _, s := range sockets {
		var who user
		if s.Data(&who) == nil {
			fmt.Println(who.Name, s.Rooms)
		}
	}
}

func ExampleNamespace_Send() {
	// The client: socket.on("message", (text) => …).
	_ = srv.Send(context.Background(), "to everyone")
	_ = srv.To("lobby").Send(context.Background(), "to a room")
}

func ExampleBroadcast_To() {
	// Whoever is in one of the rooms or in both hears it once.
	_ = srv.To("team-1").To("team-2").Emit(context.Background(), "kick-off")
	_ = srv.In("team-1", "team-2").Emit(context.Background(), "kick-off") // the same
}

func ExampleBroadcast_Volatile() {
	// Who is busy misses this one: another comes soon.
	_ = srv.To("spectators").Volatile().Emit(context.Background(), "position", map[string]int{"x": 3, "y": 4})
}

func ExampleBroadcast_Timeout() {
	patient := srv.In("jury").Timeout(20 * time.Second)
	replies, err := patient.EmitWithAck(context.Background(), "vote")
	fmt.Println(len(replies), err)
}

func ExampleBroadcast_SocketsJoin() {
	// All of them move on; the next emit to "game-1" reaches them.
	ctx := context.Background()
	_ = srv.In("lobby").SocketsJoin(ctx, "game-1")
	_ = srv.In("game-1").SocketsLeave(ctx, "lobby")
	_ = srv.To("game-1").Emit(ctx, "begin")
}

func ExampleBroadcast_DisconnectSockets() {
	ctx := context.Background()
	_ = srv.In("idle").DisconnectSockets(ctx, false)  // from this namespace
	_ = srv.In("banned").DisconnectSockets(ctx, true) // their whole connections
}

func ExampleBroadcast_Audience() {
	// Find the readers while the text is being stored.
	ctx := context.Background()
	readers, err := srv.To("readers").Audience(ctx)
	if err != nil {
		return
	}
	fmt.Println(readers.Len(), "readers")
	_ = readers.Emit(ctx, "published", "text-1")
}

func ExampleRemoteSocket() {
	ctx := context.Background()
	sockets, _ := srv.In("lobby").FetchSockets(ctx)
	for _, s := range sockets {
		if s.Handshake.Query["version"] == "1" {
			_ = errors.Join(s.Emit(ctx, "reload"), s.Join(ctx, "outdated"), s.Leave(ctx, "lobby"))
			_, _ = s.Broadcast().Timeout(time.Second).EmitWithAck(ctx, "are you there?")
			_ = s.Disconnect(ctx, true)
		}
	}
}
