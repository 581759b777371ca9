package realtime_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// counted is an argument that counts how often it is encoded.
type counted struct {
	text      string
	encodings *atomic.Int64
}

func (c counted) MarshalJSON() ([]byte, error) {
	c.encodings.Add(1)
	return json.Marshal(c.text)
}

func TestABroadcastEncodesItsPacketOnceHoweverManyMembers(t *testing.T) {
	f := newFixture(t)
	f.OnConnection(func(ctx context.Context, s *realtime.Socket) error { return s.Join(ctx, "room") })
	ids := []string{"c0", "c1", "c2", "c3", "c4"}
	f.connect(ids...)
	message := counted{text: "hello", encodings: new(atomic.Int64)}
	if err := f.To("room").Emit(t.Context(), "newMessage", message); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		frames := f.gateway.Take(id)
		want(t, id, frames[len(frames)-1], `42["newMessage","hello"]`)
	}
	want(t, "encodings", message.encodings.Load(), int64(1))
}

// crowd is a store that knows the members of one room and nothing else.
type crowd struct {
	store.Store
	members []store.Member
}

func (c crowd) Members(context.Context, string, string) ([]store.Member, error) {
	return c.members, nil
}

// sink takes every post.
type sink struct{}

func (sink) Post(context.Context, string, []byte) error { return nil }
func (sink) Close(context.Context, string) error        { return nil }

// BenchmarkBroadcast is the engine's share of a broadcast, without network and database.
func BenchmarkBroadcast(b *testing.B) {
	for _, n := range []int{1, 10, 100, 1000} {
		b.Run(fmt.Sprintf("members=%d", n), func(b *testing.B) {
			var members []store.Member
			for i := range n {
				members = append(members, store.Member{SocketID: fmt.Sprint("s", i), ConnectionID: fmt.Sprint("c", i)})
			}
			srv := realtime.NewServer(realtime.Options{Store: crowd{members: members}, Gateway: sink{}})
			message := counted{text: strings.Repeat("x", 128), encodings: new(atomic.Int64)}
			b.ReportAllocs()
			for b.Loop() {
				if err := srv.To("room").Emit(b.Context(), "newMessage", message); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(message.encodings.Load())/float64(b.N), "encodings/op")
		})
	}
}
