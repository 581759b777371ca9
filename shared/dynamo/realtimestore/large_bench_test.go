package realtimestore_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/confab-chat/confab/scripts/local/dynamo"
	"github.com/confab-chat/confab/shared/dynamo/realtimestore"
	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// BenchmarkMembersOfALargeRoom reads a room of 20 and one of 100,000. It prints
// how many queries a reading takes.
func BenchmarkMembersOfALargeRoom(b *testing.B) {
	for _, n := range []int{20, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			prefix := fmt.Sprintf("t%d-", tables.Add(1))
			if err := dynamo.CreateTables(b.Context(), client, dynamo.Tables(prefix)); err != nil {
				b.Fatal(err)
			}
			count := &queries{Client: client}
			s := realtimestore.New(realtimestore.Options{Client: count, Table: prefix + schema.Realtime.ID})
			const batch = 1000
			for start := 0; start < n; start += batch {
				var members []store.Member
				for i := start; i < min(start+batch, n); i++ {
					members = append(members, store.Member{ConnectionID: fmt.Sprintf("%016d", i), SocketID: fmt.Sprintf("%020d", i)})
				}
				if err := s.PutMembers(b.Context(), "/", "room", members, time.Now().Add(2*time.Hour)); err != nil {
					b.Fatal(err)
				}
			}
			for b.Loop() {
				count.n = 0
				members, err := s.Members(b.Context(), "/", "room")
				if err != nil || len(members) != n {
					b.Fatalf("%d members, %v", len(members), err)
				}
			}
			b.ReportMetric(float64(count.n), "queries")
		})
	}
}
