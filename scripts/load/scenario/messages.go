package scenario

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/confab-chat/confab/scripts/load/server"
	"github.com/confab-chat/confab/scripts/load/socket"
	"github.com/confab-chat/confab/shared/wait"
)

// answer is the beginning of every answer of the chat.
type answer struct {
	OK    bool
	Error struct{ Code, Message string }
}

// ask asks the chat for something.
func ask(ctx context.Context, s *socket.Socket, event string, in any) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	var out answer
	if err := s.Call(ctx, event, in, &out); err != nil {
		return err
	}
	if !out.OK {
		return fmt.Errorf("%s is refused: %s: %s", event, out.Error.Code, out.Error.Message)
	}
	return nil
}

// messages lets the members of a room send messages, each the next when its last is stored and
// acknowledged, and counts what reaches them.
func messages(ctx context.Context, s *server.Server, l Load) ([]Figure, error) {
	var received atomic.Int64
	members, roomID, err := openRoom(ctx, s, l.Room, func(name string) {
		if name == "newMessage" {
			received.Add(1)
		}
	})
	if err != nil {
		return nil, err
	}
	defer closeAll(members)
	var sent atomic.Int64
	found, err := loop(ctx, s, l, l.Room, func(ctx context.Context, worker int) error {
		number := sent.Add(1)
		return ask(ctx, members[worker], "sendMessage", map[string]string{
			"roomId": roomID, "text": "Message number " + strconv.FormatInt(number, 10), "tempId": strconv.FormatInt(number, 10),
		})
	})
	if err != nil {
		return nil, err
	}
	expected := found.all * int64(l.Room)
	for end := time.Now().Add(l.Settle); received.Load() < expected && time.Now().Before(end); {
		pause(ctx, 10*time.Millisecond)
	}
	return append(found.figures("messages", 1), Figure{"deliveries that are missing", "", float64(expected - received.Load())}), nil
}

// openRoom makes a room of the chat with n members, who are connected.
func openRoom(ctx context.Context, s *server.Server, n int, onEvent func(name string)) (members []*socket.Socket, roomID string, err error) {
	tokens, err := signInAll(ctx, s, n)
	if err != nil {
		return nil, "", err
	}
	members, err = gather(ctx, n, func(ctx context.Context, i int) (*socket.Socket, error) { return enter(ctx, s, tokens[i], onEvent) })
	if err != nil {
		return nil, "", err
	}
	var made struct {
		answer
		Room struct{ ID string }
	}
	err = members[0].Call(ctx, "createRoom", map[string]string{"name": "Load", "kind": "channel"}, &made)
	if err == nil && !made.OK {
		err = fmt.Errorf("createRoom is refused: %s: %s", made.Error.Code, made.Error.Message)
	}
	if err == nil {
		err = wait.ForEach(ctx, atOnce, members[1:], func(ctx context.Context, m *socket.Socket) error {
			return ask(ctx, m, "joinRoom", map[string]string{"roomId": made.Room.ID})
		})
	}
	if err != nil {
		closeAll(members)
		return nil, "", firstOf(err)
	}
	return members, made.Room.ID, nil
}
