package simulate

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/confab-chat/confab/shared/chat"
	chatmem "github.com/confab-chat/confab/shared/chat/memstore"
	"github.com/confab-chat/confab/shared/realtime/memstore"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// stores are those of a world, with gates before all their calls. Without an invocation in the
// context they answer at once: the checker asks so.
type stores struct {
	realtime store.Store
	// start opens the engine's store of one more instance of a function.
	start  func() store.Store
	chat   chat.Store
	broken breakage
}

// inMemory opens stores in memory, some parts of which are broken.
func inMemory(b breakage) func(*world) stores {
	return func(w *world) stores {
		inner := memstore.New(nil)
		inner.Paged(1) // so that sweeps hand parts over
		realtime := &realtimeStore{w, inner}
		return stores{
			realtime: realtime,
			start:    func() store.Store { return realtime },
			chat:     &chatStore{world: w, inner: brokenChat(chatmem.New(), b)},
			broken:   b,
		}
	}
}

// realtimeStore has a gate before each method of the engine's store.
type realtimeStore struct {
	world *world
	inner *memstore.Store
}

type nothing = struct{}

// do passes the gate with a call that returns an error only.
func do(ctx context.Context, w *world, operation, key string, whole func() error, cut func()) error {
	_, err := gate(ctx, w, &call{operation: operation, key: key}, func() (nothing, error) { return nothing{}, whole() }, cut)
	return err
}

// get passes the gate with a call that returns a value.
func get[T any](ctx context.Context, w *world, operation, key string, whole func() (T, error)) (T, error) {
	return gate(ctx, w, &call{operation: operation, key: key}, whole, nil)
}

func (s *realtimeStore) PutConnection(ctx context.Context, c store.Connection) error {
	return do(ctx, s.world, "PutConnection", c.ID, func() error { return s.inner.PutConnection(ctx, c) }, nil)
}

func (s *realtimeStore) Touch(ctx context.Context, id string, t store.Touch) (store.Connection, error) {
	return get(ctx, s.world, "Touch", id, func() (store.Connection, error) { return s.inner.Touch(ctx, id, t) })
}

func (s *realtimeStore) Connections(ctx context.Context, ids []string) ([]store.Connection, error) {
	return get(ctx, s.world, "Connections", fmt.Sprint(ids), func() ([]store.Connection, error) { return s.inner.Connections(ctx, ids) })
}

func (s *realtimeStore) LargeHandshakes(ctx context.Context, ids []string) (map[string]store.Handshake, error) {
	return get(ctx, s.world, "LargeHandshakes", fmt.Sprint(ids), func() (map[string]store.Handshake, error) { return s.inner.LargeHandshakes(ctx, ids) })
}

func (s *realtimeStore) LimitConnection(ctx context.Context, id string, l store.Limit) error {
	whole := func() error { return s.inner.LimitConnection(ctx, id, l) }
	return do(ctx, s.world, "LimitConnection", id, whole, nil)
}

// AddSocket is cut between the record and the memberships.
func (s *realtimeStore) AddSocket(ctx context.Context, c store.Connection, namespace string, state store.SocketState) error {
	whole := func() error { return s.inner.AddSocket(ctx, c, namespace, state) }
	return do(ctx, s.world, "AddSocket", c.ID, whole, func() {
		if whole() == nil {
			s.inner.Lose(c.ID, namespace, append([]string{store.Everyone, state.ID}, state.Rooms...)...)
		}
	})
}

func (s *realtimeStore) Answered(ctx context.Context, socket store.SocketRef) error {
	return do(ctx, s.world, "Answered", socket.ConnectionID, func() error { return s.inner.Answered(ctx, socket) }, nil)
}

func (s *realtimeStore) SetData(ctx context.Context, socket store.SocketRef, data json.RawMessage) error {
	return do(ctx, s.world, "SetData", socket.ConnectionID, func() error { return s.inner.SetData(ctx, socket, data) }, nil)
}

func (s *realtimeStore) SetExpiry(ctx context.Context, socket store.SocketRef, at time.Time) error {
	return do(ctx, s.world, "SetExpiry", socket.ConnectionID, func() error { return s.inner.SetExpiry(ctx, socket, at) }, nil)
}

// Join is cut between the record and the memberships.
func (s *realtimeStore) Join(ctx context.Context, socket store.SocketRef, rooms []string, limit int) error {
	if len(rooms) == 0 {
		return nil
	}
	whole := func() error { return s.inner.Join(ctx, socket, rooms, limit) }
	return do(ctx, s.world, "Join", fmt.Sprint(socket.ConnectionID, rooms), whole, func() {
		missing := slices.DeleteFunc(slices.Clone(rooms), func(room string) bool { return s.isIn(ctx, socket, room) })
		if whole() == nil {
			s.inner.Lose(socket.ConnectionID, socket.Namespace, missing...)
		}
	})
}

// isIn reports whether a connection is in a room.
func (s *realtimeStore) isIn(ctx context.Context, socket store.SocketRef, room string) bool {
	members, _ := s.inner.Members(ctx, socket.Namespace, room) // which never fails
	return slices.ContainsFunc(members, func(m store.Member) bool { return m.ConnectionID == socket.ConnectionID })
}

// Leave is cut between the memberships and the record.
func (s *realtimeStore) Leave(ctx context.Context, socket store.SocketRef, rooms []string) error {
	if len(rooms) == 0 {
		return nil
	}
	whole := func() error { return s.inner.Leave(ctx, socket, rooms) }
	return do(ctx, s.world, "Leave", fmt.Sprint(socket.ConnectionID, rooms), whole, func() {
		s.inner.Lose(socket.ConnectionID, socket.Namespace, rooms...)
	})
}

func (s *realtimeStore) OtherRooms(ctx context.Context, sockets []store.SocketRef) (map[store.SocketRef][]string, error) {
	return get(ctx, s.world, "OtherRooms", fmt.Sprint(len(sockets)), func() (map[store.SocketRef][]string, error) { return s.inner.OtherRooms(ctx, sockets) })
}

func (s *realtimeStore) Members(ctx context.Context, namespace, room string) ([]store.Member, error) {
	members, err := get(ctx, s.world, "Members", room, func() ([]store.Member, error) { return s.inner.Members(ctx, namespace, room) })
	if s.world.stores.broken.answering {
		for i := range members {
			members[i].Answering = time.Time{}
		}
	}
	return members, err
}

// Vacate is cut after the first membership.
func (s *realtimeStore) Vacate(ctx context.Context, connectionID string, sockets map[string]store.SocketState) error {
	whole := func() error { return s.inner.Vacate(ctx, connectionID, sockets) }
	return do(ctx, s.world, "Vacate", connectionID, whole, func() {
		for namespace := range sockets {
			s.inner.Lose(connectionID, namespace, store.Everyone)
		}
	})
}

func (s *realtimeStore) NoteEnding(ctx context.Context, socket store.SocketRef, now time.Time, reason store.Reason) error {
	return do(ctx, s.world, "NoteEnding", socket.ConnectionID, func() error { return s.inner.NoteEnding(ctx, socket, now, reason) }, nil)
}

func (s *realtimeStore) ClaimSocket(ctx context.Context, socket store.SocketRef, now time.Time, reason store.Reason) (store.Connection, error) {
	return get(ctx, s.world, "ClaimSocket", socket.ConnectionID, func() (store.Connection, error) { return s.inner.ClaimSocket(ctx, socket, now, reason) })
}

func (s *realtimeStore) ClaimConnection(ctx context.Context, id string, now time.Time, reason store.Reason) (store.Connection, error) {
	return get(ctx, s.world, "ClaimConnection", id, func() (store.Connection, error) { return s.inner.ClaimConnection(ctx, id, now, reason) })
}

func (s *realtimeStore) RemoveSocket(ctx context.Context, connectionID, namespace string, at time.Time) (bool, error) {
	return get(ctx, s.world, "RemoveSocket", connectionID, func() (bool, error) { return s.inner.RemoveSocket(ctx, connectionID, namespace, at) })
}

func (s *realtimeStore) RemoveConnection(ctx context.Context, id string) error {
	return do(ctx, s.world, "RemoveConnection", id, func() error { return s.inner.RemoveConnection(ctx, id) }, nil)
}

func (s *realtimeStore) Unfinished(ctx context.Context, part int, before time.Time, visit store.Visit) error {
	return s.visit(ctx, "Unfinished", fmt.Sprint(part), visit, func(collect store.Visit) error {
		return s.inner.Unfinished(ctx, part, before, collect)
	})
}

func (s *realtimeStore) Slot(ctx context.Context, slot, part int, visit store.Visit) error {
	return s.visit(ctx, "Slot", fmt.Sprint(slot, part), visit, func(collect store.Visit) error {
		return s.inner.Slot(ctx, slot, part, collect)
	})
}

// visit collects pages of connections behind one gate, and visits them.
func (s *realtimeStore) visit(ctx context.Context, operation, key string, visit store.Visit, load func(store.Visit) error) error {
	pages, err := get(ctx, s.world, operation, key, func() (pages [][]store.Connection, err error) {
		err = load(func(page []store.Connection, _ bool) error { pages = append(pages, page); return nil })
		return pages, err
	})
	for i, page := range pages {
		if err == nil {
			err = visit(page, i < len(pages)-1)
		}
	}
	return err
}

func (s *realtimeStore) Pinged(ctx context.Context, slot int) ([store.Parts]time.Time, error) {
	return get(ctx, s.world, "Pinged", fmt.Sprint(slot), func() ([store.Parts]time.Time, error) { return s.inner.Pinged(ctx, slot) })
}

func (s *realtimeStore) SetPinged(ctx context.Context, slot int, parts []int, at time.Time) error {
	return do(ctx, s.world, "SetPinged", fmt.Sprint(slot), func() error { return s.inner.SetPinged(ctx, slot, parts, at) }, nil)
}

func (s *realtimeStore) PutAnswer(ctx context.Context, namespace string, ackID uint64, a store.Answer, expires time.Time) error {
	return do(ctx, s.world, "PutAnswer", a.ConnectionID, func() error { return s.inner.PutAnswer(ctx, namespace, ackID, a, expires) }, nil)
}

func (s *realtimeStore) Answers(ctx context.Context, namespace string, ackID uint64) ([]store.Answer, error) {
	return get(ctx, s.world, "Answers", "", func() ([]store.Answer, error) { return s.inner.Answers(ctx, namespace, ackID) })
}

func (s *realtimeStore) StopSession(ctx context.Context, pid, connectionID string, clock int64) error {
	return do(ctx, s.world, "StopSession", connectionID, func() error { return s.inner.StopSession(ctx, pid, connectionID, clock) }, nil)
}

func (s *realtimeStore) SaveSession(ctx context.Context, pid string, session store.Session, expires time.Time) error {
	return do(ctx, s.world, "SaveSession", session.ConnectionID, func() error { return s.inner.SaveSession(ctx, pid, session, expires) }, nil)
}

func (s *realtimeStore) Session(ctx context.Context, pid string) (store.Session, error) {
	return get(ctx, s.world, "Session", pid, func() (store.Session, error) { return s.inner.Session(ctx, pid) })
}

func (s *realtimeStore) TakeSession(ctx context.Context, pid, from, to string) error {
	return do(ctx, s.world, "TakeSession", from+" "+to, func() error { return s.inner.TakeSession(ctx, pid, from, to) }, nil)
}

func (s *realtimeStore) ForgetSession(ctx context.Context, pid, connectionID string) error {
	return do(ctx, s.world, "ForgetSession", connectionID, func() error { return s.inner.ForgetSession(ctx, pid, connectionID) }, nil)
}

func (s *realtimeStore) AppendPacket(ctx context.Context, namespace string, rooms []string, p store.LoggedPacket, expires time.Time) error {
	return do(ctx, s.world, "AppendPacket", fmt.Sprint(rooms), func() error { return s.inner.AppendPacket(ctx, namespace, rooms, p, expires) }, nil)
}

func (s *realtimeStore) Clock(ctx context.Context) (int64, error) {
	return get(ctx, s.world, "Clock", "", func() (int64, error) { return s.inner.Clock(ctx) })
}

func (s *realtimeStore) Tick(ctx context.Context) (int64, error) {
	return get(ctx, s.world, "Tick", "", func() (int64, error) { return s.inner.Tick(ctx) })
}

func (s *realtimeStore) NoteReached(ctx context.Context, namespace string, rooms []string, offset string, r store.Reached, expires time.Time) error {
	return do(ctx, s.world, "NoteReached", fmt.Sprint(rooms), func() error { return s.inner.NoteReached(ctx, namespace, rooms, offset, r, expires) }, nil)
}

func (s *realtimeStore) Packets(ctx context.Context, namespace, room, after string, limit int) ([]store.LoggedPacket, error) {
	return get(ctx, s.world, "Packets", room, func() ([]store.LoggedPacket, error) { return s.inner.Packets(ctx, namespace, room, after, limit) })
}

func (s *realtimeStore) Begin(ctx context.Context, key string, now, expires time.Time) (store.Attempt, error) {
	return get(ctx, s.world, "Begin", key, func() (store.Attempt, error) { return s.inner.Begin(ctx, key, now, expires) })
}

func (s *realtimeStore) Finish(ctx context.Context, key, claim string, result json.RawMessage, expires time.Time) error {
	return do(ctx, s.world, "Finish", key, func() error { return s.inner.Finish(ctx, key, claim, result, expires) }, nil)
}

func (s *realtimeStore) Abandon(ctx context.Context, key, claim string) error {
	return do(ctx, s.world, "Abandon", key, func() error { return s.inner.Abandon(ctx, key, claim) }, nil)
}

func (s *realtimeStore) Count(ctx context.Context, key string, expires time.Time) (int64, error) {
	return get(ctx, s.world, "Count", key, func() (int64, error) { return s.inner.Count(ctx, key, expires) })
}

func (s *realtimeStore) AddFragment(ctx context.Context, connectionID string, f store.Fragment, expires time.Time) (time.Time, error) {
	return get(ctx, s.world, "AddFragment", connectionID, func() (time.Time, error) { return s.inner.AddFragment(ctx, connectionID, f, expires) })
}

func (s *realtimeStore) Fragments(ctx context.Context, connectionID string) ([]store.Fragment, error) {
	return get(ctx, s.world, "Fragments", connectionID, func() ([]store.Fragment, error) { return s.inner.Fragments(ctx, connectionID) })
}

func (s *realtimeStore) TakeFragments(ctx context.Context, connectionID string, f []store.Fragment) ([]store.Fragment, error) {
	return get(ctx, s.world, "TakeFragments", connectionID, func() ([]store.Fragment, error) { return s.inner.TakeFragments(ctx, connectionID, f) })
}

func (s *realtimeStore) PutLeft(ctx context.Context, connectionID, namespace string, expires time.Time) error {
	return do(ctx, s.world, "PutLeft", connectionID, func() error { return s.inner.PutLeft(ctx, connectionID, namespace, expires) }, nil)
}

func (s *realtimeStore) Left(ctx context.Context, connectionID, namespace string) (bool, error) {
	return get(ctx, s.world, "Left", connectionID, func() (bool, error) { return s.inner.Left(ctx, connectionID, namespace) })
}
