package realtimestore_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/confab-chat/confab/shared/dynamo/realtimestore"
	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/dynamo/table"
	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/realtime/store/storetest"
)

// limit is how many rooms the sockets of these tests may be in.
const limit = 100

// processes are stores on the same tables, as functions have them: what one has learned, the
// others do not know.
type processes struct {
	clock   time.Time
	tables  string
	size    int // of a room that is not large
	queries *queries
}

func newProcesses(t *testing.T) *processes {
	t.Helper()
	p := &processes{clock: storetest.Noon, size: 3, queries: &queries{Client: client}}
	p.tables = newTables(t)
	return p
}

// start returns the store of a process that knows nothing.
func (p *processes) start() *realtimestore.Store {
	return realtimestore.New(realtimestore.Options{
		Client: p.queries, Table: p.tables + schema.Realtime.ID, LargeRoom: p.size, Now: func() time.Time { return p.clock },
	})
}

// queries counts queries.
type queries struct {
	table.Client
	mu sync.Mutex
	n  int
}

func (q *queries) Query(ctx context.Context, in *dynamodb.QueryInput, o ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	q.mu.Lock()
	q.n++
	q.mu.Unlock()
	return q.Client.Query(ctx, in, o...)
}

// wantQueries checks how many queries it takes to read the members of a room.
func (p *processes) wantQueries(t *testing.T, s *realtimestore.Store, room string, want int) {
	t.Helper()
	p.queries.n = 0
	_, err := s.Members(t.Context(), "/", room)
	wantErr(t, "members", err, nil)
	if p.queries.n != want {
		t.Errorf("members of %q: %d queries, want %d", room, p.queries.n, want)
	}
}

// memberships returns the partitions that hold memberships of a connection, by the letter of their kind.
func (p *processes) memberships(t *testing.T, connectionID string) (kinds []string) {
	t.Helper()
	for page := dynamodb.NewScanPaginator(client, &dynamodb.ScanInput{TableName: aws.String(p.tables + schema.Realtime.ID)}); page.HasMorePages(); {
		out, err := page.NextPage(t.Context())
		wantErr(t, "scan", err, nil)
		for _, item := range out.Items {
			kind, _, _ := strings.Cut(table.String(item, schema.PartitionKey), "#")
			if table.String(item, schema.SortKey) == connectionID && slices.Contains([]string{"R", "M"}, kind) {
				kinds = append(kinds, kind)
			}
		}
	}
	slices.Sort(kinds)
	return kinds
}

func ids(n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("%02d", i))
	}
	return all
}

func TestASmallRoomIsReadByOneQueryAndALargeOneByOneForEachShardMore(t *testing.T) {
	p := newProcesses(t)
	p.size = 40
	for _, id := range ids(40) {
		storetest.AddSocket(t, p.start(), id, "room")
	}
	s := p.start()
	p.wantQueries(t, s, "room", 1)
	storetest.AddSocket(t, s, "40", "room")
	p.wantQueries(t, s, "room", 1)            // it marks the room
	p.wantQueries(t, p.start(), "room", 1+16) // it finds the mark
	storetest.WantMembers(t, s, "/", "room", ids(41)...)
}

// Nobody needs to read a room in order to see that it is large.
func TestWhoPutsMembersIntoARoomLooksNowAndThenWhetherItIsLarge(t *testing.T) {
	p := newProcesses(t)
	p.size = 64 // it looks at each third
	s := p.start()
	var kinds []string
	for _, id := range ids(70) {
		storetest.AddSocket(t, s, id, "room")
		kinds = p.memberships(t, id)
	}
	if !slices.Equal(kinds, []string{"M", "M", "R"}) {
		t.Errorf("the last one is in %v", kinds)
	}
}

func TestWhoComesIntoALargeRoomIsPutIntoAShardAndFoundByAll(t *testing.T) {
	p := newProcesses(t)
	s := p.start()
	for _, id := range ids(40) {
		storetest.AddSocket(t, s, id)
		wantErr(t, "join", s.Join(t.Context(), storetest.Socket(id), []string{"room"}, limit), nil)
	}
	if kinds := p.memberships(t, "39"); !slices.Equal(kinds, []string{"M", "M", "R"}) { // everyone, the room; its own
		t.Errorf("the last is in %v", kinds)
	}
	for _, reader := range []*realtimestore.Store{s, p.start()} {
		storetest.WantMembers(t, reader, "/", "room", ids(40)...)
		storetest.WantMembers(t, reader, "/", store.Everyone, ids(40)...)
	}
}

// grow makes a room large, and returns a process that knows it.
func (p *processes) grow(t *testing.T, room string) *realtimestore.Store {
	t.Helper()
	s := p.start()
	for i := range 4 {
		storetest.AddSocket(t, s, fmt.Sprint("early ", i), room)
	}
	return s
}

func TestAProcessThatDoesNotKnowThatARoomIsLarge(t *testing.T) {
	early := []string{"early 0", "early 1", "early 2", "early 3"}
	socket := storetest.Socket("a")
	for what, c := range map[string]struct {
		do    func(t *testing.T, knows, ignorant *realtimestore.Store)
		in    bool
		kinds []string // of the memberships of a that are left
	}{
		"puts a member into the base": {func(t *testing.T, _, ignorant *realtimestore.Store) {
			storetest.AddSocket(t, ignorant, "a", "room")
		}, true, []string{"R", "R", "R"}},
		"joins again who is in a shard": {func(t *testing.T, knows, ignorant *realtimestore.Store) {
			storetest.AddSocket(t, knows, "a", "room")
			wantErr(t, "join", ignorant.Join(t.Context(), socket, []string{"room"}, limit), nil)
		}, true, []string{"M", "M", "R", "R"}},
		"takes out who is in a shard": {func(t *testing.T, knows, ignorant *realtimestore.Store) {
			storetest.AddSocket(t, knows, "a", "room")
			wantErr(t, "leave", ignorant.Leave(t.Context(), socket, []string{"room"}), nil)
		}, false, []string{"M", "R"}},
		"takes out who is in a shard and in the base": {func(t *testing.T, knows, ignorant *realtimestore.Store) {
			storetest.AddSocket(t, knows, "a", "room")
			wantErr(t, "join", ignorant.Join(t.Context(), socket, []string{"room"}, limit), nil)
			wantErr(t, "leave", ignorant.Leave(t.Context(), socket, []string{"room"}), nil)
		}, false, []string{"M", "R"}},
		"ends who is in a shard and in the base": {func(t *testing.T, knows, ignorant *realtimestore.Store) {
			storetest.AddSocket(t, knows, "a", "room")
			wantErr(t, "join", ignorant.Join(t.Context(), socket, []string{"room"}, limit), nil)
			c, err := ignorant.ClaimConnection(t.Context(), "a", storetest.Noon, "transport close")
			wantErr(t, "claim", err, nil)
			wantErr(t, "vacate", ignorant.Vacate(t.Context(), "a", c.Sockets), nil)
		}, false, nil},
	} {
		t.Run(what, func(t *testing.T) {
			p := newProcesses(t)
			knows := p.grow(t, "room")
			c.do(t, knows, p.start())
			want := early
			if c.in {
				want = append([]string{"a"}, early...)
			}
			for _, reader := range []*realtimestore.Store{knows, p.start()} {
				storetest.WantMembers(t, reader, "/", "room", want...)
			}
			if kinds := p.memberships(t, "a"); !slices.Equal(kinds, c.kinds) {
				t.Errorf("memberships of a: %v, want %v", kinds, c.kinds)
			}
		})
	}
}

// A room becomes large while somebody joins or leaves it.
func TestARoomThatBecomesLargeBetweenTheCallsOfAJoinOrALeaveLosesNobodyAndKeepsNobody(t *testing.T) {
	socket := storetest.Socket("a")
	for _, call := range []string{"UpdateItem", "BatchWriteItem", "BatchGetItem", "DeleteItem"} {
		t.Run(call, func(t *testing.T) {
			p := newProcesses(t)
			i := &interrupted{Client: client}
			s := realtimestore.New(realtimestore.Options{
				Client: i, Table: p.tables + schema.Realtime.ID, LargeRoom: 3, Now: func() time.Time { return p.clock },
			})
			storetest.AddSocket(t, s, "a")
			grown := false
			growNow := func() {
				if !grown {
					grown = true
					knows := p.grow(t, "room")
					wantErr(t, "another join", knows.Join(t.Context(), socket, []string{"room"}, limit), nil)
				}
			}
			i.before = map[string]func(){call: growNow}
			wantErr(t, "join", s.Join(t.Context(), socket, []string{"room"}, limit), nil)
			growNow()
			storetest.WantMembers(t, p.start(), "/", "room", "a", "early 0", "early 1", "early 2", "early 3")

			grown = true
			i.before = map[string]func(){call: func() {
				wantErr(t, "another join", s.Join(t.Context(), socket, []string{"room"}, limit), nil)
			}}
			wantErr(t, "leave", p.start().Leave(t.Context(), socket, []string{"room"}), nil)
			wantErr(t, "leave", s.Leave(t.Context(), socket, []string{"room"}), nil)
			isNamed := slices.Contains(connectionOf(t, s, "a").Sockets["/"].Rooms, "room")
			members, err := p.start().Members(t.Context(), "/", "room")
			wantErr(t, "members", err, nil)
			if isMember := slices.ContainsFunc(members, func(m store.Member) bool { return m.ConnectionID == "a" }); isMember != isNamed {
				t.Errorf("a is a member: %v, its record says %v", isMember, isNamed)
			}
		})
	}
}

func connectionOf(t *testing.T, s store.Store, id string) store.Connection {
	t.Helper()
	found, err := s.Connections(t.Context(), []string{id})
	if err != nil || len(found) != 1 {
		t.Fatalf("connection %s: %+v, %v", id, found, err)
	}
	return found[0]
}

func TestARoomIsSmallAgainWhenItHasNotBeenLargeForHours(t *testing.T) {
	p := newProcesses(t)
	s := p.grow(t, "room")
	late := func(id string) {
		c := connection(id, p.clock)
		wantErr(t, "put", s.PutConnection(t.Context(), c), nil)
		wantErr(t, "add", s.AddSocket(t.Context(), c, "/", store.SocketState{ID: storetest.Socket(id).SocketID, Rooms: []string{"room"}}), nil)
	}
	late("large")
	if kinds := p.memberships(t, "large"); !slices.Equal(kinds, []string{"M", "M", "R"}) {
		t.Errorf("who comes while it is large: %v", kinds)
	}
	p.clock = p.clock.Add(5 * time.Hour) // the early ones have gone, and the mark does not outlive those who come
	late("between")
	if kinds := p.memberships(t, "between"); !slices.Equal(kinds, []string{"R", "R", "R"}) {
		t.Errorf("who comes while the mark is old: %v", kinds)
	}
	p.wantQueries(t, s, "room", 1+16)
	storetest.WantMembers(t, p.start(), "/", "room", "between")
	p.clock = p.clock.Add(time.Hour)
	p.wantQueries(t, s, "room", 1)
	storetest.WantMembers(t, p.start(), "/", "room", "between")
}

func TestARoomThatStaysLargeStaysMarked(t *testing.T) {
	p := newProcesses(t)
	s := p.grow(t, "room")
	for hour := range 12 {
		p.clock = storetest.Noon.Add(time.Duration(hour) * time.Hour)
		for i := range 4 {
			id := fmt.Sprint(hour, " ", i)
			c := connection(id, p.clock)
			wantErr(t, "put", s.PutConnection(t.Context(), c), nil)
			wantErr(t, "add", s.AddSocket(t.Context(), c, "/", store.SocketState{ID: "sid-" + id, Rooms: []string{"room"}}), nil)
			if kinds := p.memberships(t, id); hour > 0 && !slices.Equal(kinds, []string{"M", "M", "R"}) {
				t.Fatalf("hour %d: %v", hour, kinds)
			}
		}
	}
}

func connection(id string, at time.Time) store.Connection {
	return store.Connection{ID: id, EngineID: "engine-" + id, ConnectedAt: at, SeenAt: at, Expires: at.Add(2 * time.Hour).Truncate(time.Second)}
}

// What a fan-out finds gone it takes out of the room in which it was found, also in another process.
func TestAMemberOfAShardIsTakenOutByWhatMembersTell(t *testing.T) {
	p := newProcesses(t)
	storetest.AddSocket(t, p.grow(t, "room"), "a", "room")
	members, err := p.start().Members(t.Context(), "/", "room")
	wantErr(t, "members", err, nil)
	i := slices.IndexFunc(members, func(m store.Member) bool { return m.ConnectionID == "a" })
	if !members[i].Sharded {
		t.Fatalf("got %+v", members[i])
	}
	state := store.SocketState{ID: members[i].SocketID, Rooms: []string{"room"}, Sharded: []string{"room"}}
	wantErr(t, "vacate", p.start().Vacate(t.Context(), "a", map[string]store.SocketState{"/": state}), nil)
	storetest.WantMembers(t, p.start(), "/", "room", "early 0", "early 1", "early 2", "early 3")
}
