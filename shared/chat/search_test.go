package chat_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/dynamo/schema"
)

// say sends a message with a text.
func (d *device) say(room, text string) object {
	d.f.advance(time.Minute) // within the budget
	return d.do("sendMessage", object{"roomId": room, "text": text, "tempId": fmt.Sprint("t", d.f.clock().UnixNano())})["message"].(object)
}

// foundIn returns the texts that a search found, by rooms.
func foundIn(answer object) map[string][]any {
	all := map[string][]any{}
	for _, r := range answer["rooms"].([]any) {
		room := r.(object)
		all[room["roomId"].(string)] = pick("text", room["messages"])
	}
	return all
}

func TestASearchFindsMessagesOfARoomNewestFirst(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	for _, text := range []string{"Apples are red", "pears", "Red Äpple", "apple pie"} {
		ada.say(room, text)
	}
	got := ada.do("search", object{"roomId": room, "text": "APPLE"})
	want(t, "found", foundIn(got), map[string][]any{room: {"apple pie", "Red Äpple", "Apples are red"}})
	want(t, "before", got["rooms"].([]any)[0].(object)["before"], nil)
	want(t, "two words", foundIn(ada.do("search", object{"roomId": room, "text": "red appl"}))[room], []any{"Red Äpple", "Apples are red"})
	want(t, "nothing", foundIn(ada.do("search", object{"roomId": room, "text": "plum"}))[room], []any{})
	want(t, "before a position", foundIn(ada.do("search", object{"roomId": room, "text": "apple", "before": 3}))[room], []any{"Apples are red"})
}

func TestASearchGoesOnWhereItEnded(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	for i := range 45 {
		ada.say(room, fmt.Sprint("apple ", i))
	}
	var all []any
	before, pages := any(nil), 0
	for pages = 0; pages == 0 || before != nil; pages++ {
		request := object{"roomId": room, "text": "apple"}
		if before != nil {
			request["before"] = before
		}
		found := ada.do("search", request)["rooms"].([]any)[0].(object)
		all = append(all, pick("text", found["messages"])...)
		before = found["before"]
	}
	want(t, "pages", pages, 3)
	want(t, "found", len(all), 45)
	want(t, "last", all[44], "apple 0")
}

func TestASearchThroughAllRoomsShowsSomeOfEach(t *testing.T) {
	f := newFixture(t)
	ada, bob := f.enter("Ada"), f.enter("Bob")
	first, second, third := ada.create("channel"), ada.create("channel"), bob.create("channel")
	for i := range 5 {
		ada.say(first, fmt.Sprint("apple ", i))
	}
	ada.say(second, "an apple")
	bob.say(third, "apples of Bob")
	got := ada.do("search", object{"text": "apple"})
	want(t, "found", foundIn(got), map[string][]any{first: {"apple 4", "apple 3", "apple 2"}, second: {"an apple"}})
	want(t, "next", got["next"], nil)
	for _, r := range got["rooms"].([]any) {
		if room := r.(object); room["roomId"] == first {
			want(t, "before", room["before"], 3)
		}
	}
	want(t, "of Bob", foundIn(bob.do("search", object{"text": "apple"})), map[string][]any{third: {"apples of Bob"}})
	ada.do("leaveRoom", object{"roomId": second})
	want(t, "after leaving", len(foundIn(ada.do("search", object{"text": "apple"}))), 1)
}

func TestASearchThroughManyLongMessagesGoesOnRoomByRoom(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	long := "apple " + strings.Repeat("\u6771", 3900)
	const rooms = 20
	for range rooms {
		f.advance(time.Minute)
		ada.say(ada.create("group"), long)
	}
	seen, after := map[string]bool{}, any(nil)
	for pages := 0; pages == 0 || after != nil; pages++ {
		request := object{"text": "apple"}
		if after != nil {
			request["afterRoom"] = after
		}
		answer := ada.do("search", request)
		for room := range foundIn(answer) {
			if seen[room] {
				t.Errorf("%s was found twice", room)
			}
			seen[room] = true
		}
		after = answer["next"]
		if pages == 0 && after == nil {
			t.Error("everything fits into one answer")
		}
	}
	want(t, "rooms", len(seen), rooms)
}

func TestASearchFindsNothingThatIsDeletedOrOfOthers(t *testing.T) {
	f := newFixture(t)
	ada, bob, eve := f.enter("Ada"), f.enter("Bob"), f.enter("Eve")
	room := ada.create("channel")
	bob.do("joinRoom", object{"roomId": room})
	ada.say(room, "an apple")
	ada.do("deleteMessage", object{"roomId": room, "seq": 1})
	want(t, "deleted", foundIn(ada.do("search", object{"roomId": room, "text": "apple"}))[room], []any{})
	bob.do("leaveRoom", object{"roomId": room})
	for _, d := range []*device{bob, eve} {
		d.refused("forbidden", "search", object{"roomId": room, "text": "apple"})
		want(t, d.user.Name, d.do("search", object{"text": "apple"})["rooms"], []any{})
	}
}

// sayBelow sends a reply below the first message of a room.
func (d *device) sayBelow(room, text string) object {
	d.f.advance(time.Minute)
	return d.do("sendMessage", object{"roomId": room, "threadOf": 1, "text": text, "tempId": fmt.Sprint("t", d.f.clock().UnixNano())})["message"].(object)
}

// repliesIn returns the texts of replies that a search found, by rooms.
func repliesIn(answer object) map[string][]any {
	all := map[string][]any{}
	for _, r := range answer["rooms"].([]any) {
		room := r.(object)
		all[room["roomId"].(string)] = pick("text", room["replies"])
	}
	return all
}

func TestASearchFindsRepliesInThreads(t *testing.T) {
	f := newFixture(t)
	ada, bob, room, _ := newThreadRoom(f)
	ada.sayBelow(room, "Apples?")
	reply := bob.sayBelow(room, "an apple pie")
	ada.say(room, "apple")
	for _, search := range []object{{"roomId": room, "text": "apple"}, {"text": "apple"}} {
		got := ada.do("search", search)
		want(t, "messages", foundIn(got), map[string][]any{room: {"apple"}})
		want(t, "replies", repliesIn(got), map[string][]any{room: {"an apple pie", "Apples?"}})
		first := got["rooms"].([]any)[0].(object)["replies"].([]any)[0].(object)
		want(t, "where it stands", []any{first["threadOf"], first["seq"]}, []any{1, 2})
	}
	want(t, "before a message", repliesIn(ada.do("search", object{"roomId": room, "text": "apple", "before": 9}))[room], []any{})
	only := ada.do("search", object{"roomId": room, "text": "apple", "beforeReply": 2})
	want(t, "before a reply", [][]any{foundIn(only)[room], repliesIn(only)[room]}, [][]any{{}, {"Apples?"}})

	bob.do("editMessage", object{"roomId": room, "threadOf": 1, "seq": reply["seq"], "text": "a pear"})
	want(t, "edited", repliesIn(ada.do("search", object{"text": "pear"}))[room], []any{"a pear"})
	bob.do("deleteMessage", object{"roomId": room, "threadOf": 1, "seq": reply["seq"]})
	want(t, "deleted", ada.do("search", object{"text": "pear"})["rooms"], []any{})
	// The store takes the words away where the reply is counted, so it has to know where.
	deleted, err := f.store.Entries(t.Context(), chat.LogID(room, new(int64(1))), 2, 2)
	if err != nil || len(deleted) != 1 || deleted[0].Message.CountedAt == 0 {
		t.Errorf("the deleted reply is stored as %+v, %v", deleted, err)
	}
	bob.do("leaveRoom", object{"roomId": room})
	bob.refused("forbidden", "search", object{"roomId": room, "text": "apple", "beforeReply": 9})
	want(t, "of a former member", bob.do("search", object{"text": "apple"})["rooms"], []any{})
}

func TestASearchOfRepliesGoesOnWhereItEnded(t *testing.T) {
	f := newFixture(t)
	ada, _, room, _ := newThreadRoom(f)
	for i := range 45 {
		ada.sayBelow(room, fmt.Sprint("apple ", i))
		ada.do("pin", object{"roomId": room, "seq": 1, "on": i%2 == 0}) // revisions without replies
	}
	var all []any
	before, pages := any(nil), 0
	for pages = 0; pages == 0 || before != nil; pages++ {
		request := object{"roomId": room, "text": "apple"}
		if before != nil {
			request["beforeReply"] = before
		}
		found := ada.do("search", request)["rooms"].([]any)[0].(object)
		all = append(all, pick("text", found["replies"])...)
		before = found["beforeReply"]
	}
	want(t, "pages", pages, 3)
	want(t, "found", len(all), 45)
	want(t, "last", all[44], "apple 0")
}

func TestASearchNeedsWords(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	for _, wrong := range []object{
		{"text": ""}, {"text": " ... "}, {"text": strings.Repeat("a", 201)}, {"text": "a b c d e f g h i j k"}, {},
		{"text": "a", "before": 3}, {"text": "a", "beforeReply": 3}, {"text": "a", "roomId": room, "beforeReply": 0}, {"text": "a", "roomId": room, "before": 0}, {"text": "a", "roomId": room, "afterRoom": room},
		{"text": "a", "roomId": "?"}, {"text": "a", "afterRoom": "?"}, {"text": 3}, {"text": "a", "limit": 3},
	} {
		ada.refused("bad_request", "search", wrong)
	}
}

func TestASearchByHTTP(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	ada.say(room, "Crème brûlée")
	status, answer := f.request(http.MethodGet, "/api/search?text="+url.QueryEscape("crème br"), ada.token, "")
	want(t, "status", status, http.StatusOK)
	want(t, "found", foundIn(answer), map[string][]any{room: {"Crème brûlée"}})
	status, _ = f.request(http.MethodGet, "/api/search", ada.token, "")
	want(t, "status without a text", status, http.StatusBadRequest)
}

// BenchmarkSearch looks through a room with 100,000 messages, of which none matches.
func BenchmarkSearch(b *testing.B) {
	f := newFixture(b)
	ada := f.enter("Ada")
	room := ada.create("channel")
	sent := ada.say(room, "This is what people write to one another in a usual message.")
	const messages = 100_000
	f.repeat(room, int(sent["seq"].(float64)), messages)
	_, units, err := f.store.Search(b.Context(), room, 1, messages, chat.Terms("nothing"))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		f.advance(time.Minute)
		if found := foundIn(ada.do("search", object{"roomId": room, "text": "wri nothing"})); len(found[room]) > 0 {
			b.Fatal("it was found")
		}
	}
	b.ReportMetric(units, "units/op")
}

// repeat copies a message of a room to all further positions up to the last.
func (f *fixture) repeat(room string, seq, last int) {
	f.t.Helper()
	client, table := database.Client(), f.prefix+schema.Chat.ID
	position := func(seq int) map[string]types.AttributeValue {
		return map[string]types.AttributeValue{
			schema.PartitionKey: &types.AttributeValueMemberS{Value: fmt.Sprintf("M#%s#%d", room, seq/1000)},
			schema.SortKey:      &types.AttributeValueMemberS{Value: fmt.Sprintf("%015d", seq)},
		}
	}
	found, err := client.GetItem(f.t.Context(), &dynamodb.GetItemInput{TableName: &table, Key: position(seq)})
	if err != nil {
		f.t.Fatal(err)
	}
	var writes []types.WriteRequest
	for next := seq + 1; next <= last; next++ {
		item := maps.Clone(found.Item)
		maps.Copy(item, position(next))
		writes = append(writes, types.WriteRequest{PutRequest: &types.PutRequest{Item: item}})
	}
	for batch := range slices.Chunk(writes, 25) {
		if _, err := client.BatchWriteItem(f.t.Context(), &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{table: batch}}); err != nil {
			f.t.Fatal(err)
		}
	}
	update := "SET #next = :last"
	_, err = client.UpdateItem(f.t.Context(), &dynamodb.UpdateItemInput{
		TableName: &table,
		Key: map[string]types.AttributeValue{
			schema.PartitionKey: &types.AttributeValueMemberS{Value: "Q#" + room}, schema.SortKey: &types.AttributeValueMemberS{Value: "COUNTER"},
		},
		UpdateExpression:          &update,
		ExpressionAttributeNames:  map[string]string{"#next": "next"},
		ExpressionAttributeValues: map[string]types.AttributeValue{":last": &types.AttributeValueMemberN{Value: strconv.Itoa(last)}},
	})
	if err != nil {
		f.t.Fatal(err)
	}
}
