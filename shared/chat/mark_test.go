package chat_test

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/dynamo/schema"
)

// upTo is a request to mark a room as read up to a position.
func upTo(roomID string, seq int) object { return object{"roomId": roomID, "seq": seq} }

// with returns a request with a further field.
func with(request object, field string, value any) object {
	all := object{field: value}
	for name, v := range request {
		all[name] = v
	}
	return all
}

// listed returns a room of the user's as listRooms shows it.
func (d *device) listed(roomID string) object {
	d.f.t.Helper()
	for _, room := range d.do("listRooms", object{})["rooms"].([]any) {
		if room := room.(object); room["id"] == roomID {
			return room
		}
	}
	d.f.t.Fatalf("%s: %s is not listed", d.user.Name, roomID)
	return nil
}

// unread returns how much is unread in a room, and the position of the mark.
func (d *device) unread(roomID string) []any {
	d.f.t.Helper()
	room := d.listed(roomID)
	return []any{room["unread"], room["mark"].(object)["seq"]}
}

// said is a channel in which Bob has said so much, and Ada has said nothing.
func (f *fixture) said(n int) (ada, bob *device, room string) {
	f.t.Helper()
	ada, bob = f.enter("Ada"), f.enter("Bob")
	room = bob.create("channel")
	ada.do("joinRoom", object{"roomId": room})
	for i := range n {
		bob.send(room, fmt.Sprint(i))
	}
	return ada, bob, room
}

func TestWhatIsReadOnOneDeviceIsReadOnAllOfThem(t *testing.T) {
	f := newFixture(t)
	ada, bob, room := f.said(3)
	phone := ada.another()
	want(t, "before", ada.unread(room), []int{3, 0})
	mark := ada.do("markRead", upTo(room, 2))["mark"].(object)
	want(t, "answer", mark["seq"], 2)
	want(t, "the phone hears", phone.heard("read"), []object{{"userId": ada.user.ID, "marks": []object{with(mark, "roomId", room)}}})
	for _, d := range []*device{ada, phone, ada.another()} {
		want(t, "after", d.unread(room), []int{1, 2})
	}
	want(t, "who asked hears", ada.heard("read"), []any{})
	want(t, "Bob hears", bob.heard("read"), []any{})
	want(t, "unread by Bob, who wrote it", bob.unread(room), []int{0, 3})
}

func TestAMarkNeverMovesBackByItself(t *testing.T) {
	f := newFixture(t)
	ada, _, room := f.said(5)
	phone := ada.another()
	for _, step := range [][2]int{{4, 4}, {2, 4}, {4, 4}, {0, 4}, {5, 5}, {3, 5}} {
		want(t, fmt.Sprint("after ", step[0]), ada.do("markRead", upTo(room, step[0]))["mark"].(object)["seq"], step[1])
	}
	want(t, "unread", ada.unread(room), []int{0, 5})
	// What repeats a mark may come after an attempt that told nobody; what is behind it does not.
	var told []any
	for _, e := range phone.heard("read") {
		told = append(told, e["marks"].([]any)[0].(object)["seq"])
	}
	want(t, "the phone hears", told, []int{4, 4, 5})
}

func TestMarksAtOnceEndAtTheFurthest(t *testing.T) {
	f := newFixture(t)
	ada, _, room := f.said(9)
	phone := ada.another()
	var wg sync.WaitGroup
	for seq := 1; seq <= 9; seq++ {
		wg.Go(func() { []*device{ada, phone}[seq%2].do("markRead", upTo(room, seq)) })
	}
	wg.Wait()
	want(t, "unread", phone.unread(room), []int{0, 9})
}

func TestSendingReadsTheRoom(t *testing.T) {
	f := newFixture(t)
	ada, bob, room := f.said(3)
	ada.send(room, "t")
	want(t, "Ada", ada.unread(room), []int{0, 4})
	want(t, "Bob", bob.unread(room), []int{1, 3})
	ada.do("markRead", with(upTo(room, 1), "unread", true))
	ada.send(room, "t")
	want(t, "a repetition of a send", ada.unread(room), []int{3, 1})
}

func TestMarkingAsUnreadWinsOverMarksFromBefore(t *testing.T) {
	f := newFixture(t)
	ada, bob, room := f.said(5)
	phone := ada.another()
	before := ada.do("markRead", upTo(room, 4))["mark"].(object)
	unread := with(with(upTo(room, 1), "unread", true), "version", before["version"])
	now := ada.do("markRead", unread)["mark"].(object)
	want(t, "position", now["seq"], 1)
	want(t, "the version is later", now["version"].(float64) > before["version"].(float64), true)
	late := phone.do("markRead", with(upTo(room, 5), "version", before["version"]))
	want(t, "a mark from before", late["mark"], now)
	want(t, "unread", phone.unread(room), []int{4, 1})
	want(t, "the phone hears", phone.heard("read")[1]["marks"], []object{with(now, "roomId", room)})
	read := phone.do("markRead", with(upTo(room, 5), "version", now["version"]))["mark"]
	want(t, "a mark from now", read.(object)["seq"], 5)
	want(t, "a late repetition of the request", ada.do("markRead", unread)["mark"], read)
	want(t, "without a version", ada.do("markRead", with(upTo(room, 2), "unread", true))["mark"].(object)["seq"], 2)
	want(t, "Bob hears", bob.heard("read"), []any{})
}

func TestWhoJoinsHasReadWhatWasSaidBefore(t *testing.T) {
	f := newFixture(t)
	ada, bob, room := f.said(3)
	cy := f.enter("Cy")
	cy.do("joinRoom", object{"roomId": room})
	want(t, "Cy", cy.unread(room), []int{0, 3})
	bob.send(room, "t")
	want(t, "later", cy.unread(room), []int{1, 3})
	cy.do("joinRoom", object{"roomId": room})
	want(t, "joined again", cy.unread(room), []int{1, 3})

	first := ada.listed(room)["mark"].(object)
	ada.do("leaveRoom", object{"roomId": room})
	bob.send(room, "u")

	f.advance(2 * time.Millisecond)
	ada.do("joinRoom", object{"roomId": room})
	want(t, "left and came back", ada.unread(room), []int{0, 5})
	again := ada.listed(room)["mark"].(object)
	want(t, "the mark is later", again["version"].(float64) > first["version"].(float64), true)
}

func TestADirectRoomIsUnreadFromItsBeginning(t *testing.T) {
	f := newFixture(t)
	ada, bob := f.enter("Ada"), f.enter("Bob")
	room := ada.do("createRoom", object{"kind": "direct", "members": []string{bob.user.ID}})["room"].(object)["id"].(string)
	ada.send(room, "a")
	bob.do("joinRoom", object{"roomId": room})
	want(t, "Bob", bob.unread(room), []int{1, 0})
	phone := bob.another()
	bob.do("markRead", upTo(room, 1))
	for _, d := range []*device{ada, phone} {
		want(t, d.user.Name+" hears", pick("userId", d.heard("read")), []string{bob.user.ID})
	}
	bob.do("markRead", with(upTo(room, 0), "unread", true))
	want(t, "the phone hears", len(phone.heard("read")), 2)
	want(t, "Ada hears of what is unread", len(ada.heard("read")), 1)
}

func TestManyRoomsAreReadByOneRequest(t *testing.T) {
	f := newFixture(t)
	ada, bob, first := f.said(2)
	f.acquaint(ada, bob)
	phone := ada.another()
	second := bob.create("private", ada)
	bob.send(second, "a")
	direct := bob.do("createRoom", object{"kind": "direct", "members": []string{ada.user.ID}})["room"].(object)["id"].(string)
	bob.send(direct, "a")
	foreign := bob.create("channel")
	request := object{"marks": []object{upTo(first, 2), upTo(second, 1), upTo(direct, 1), upTo(foreign, 1)}}
	answer := ada.do("markAllRead", request)
	want(t, "rooms of the answer", len(answer["marks"].([]any)), 3)
	for _, room := range []string{first, second, direct} {
		want(t, "unread", ada.unread(room)[0], 0)
	}
	heard := phone.heard("read")
	var rooms int
	for _, e := range heard {
		rooms += len(e["marks"].([]any))
	}
	want(t, "the phone hears", []int{len(heard), rooms}, []int{2, 3})
	want(t, "Bob hears of the direct room", pick("userId", bob.heard("read")), []string{ada.user.ID})
	bob.send(first, "later")
	want(t, "a late repetition", ada.do("markAllRead", request), answer)
	want(t, "what came after", ada.unread(first), []int{1, 2})
}

func TestMembersOfASmallRoomSeeWhoHasReadIt(t *testing.T) {
	f := newFixture(t)
	ada, bob, room := f.said(3)
	ada.do("markRead", upTo(room, 2))
	got := object{}
	for _, m := range bob.do("readMarks", object{"roomId": room})["marks"].([]any) {
		got[m.(object)["userId"].(string)] = m.(object)["seq"]
	}
	want(t, "marks", got, object{ada.user.ID: 2, bob.user.ID: 3})
	for i := range 49 {
		_, u := f.signIn(fmt.Sprint("Guest ", i))
		if _, err := f.store.AddMember(t.Context(), room, chat.Member{User: u, JoinedAt: chat.At(f.clock())}, f.clock()); err != nil {
			t.Fatal(err)
		}
	}
	bob.refused("too_large", "readMarks", object{"roomId": room})
}

func TestStrangersAndFormerMembersHaveNoMarks(t *testing.T) {
	f := newFixture(t)
	ada, bob, room := f.said(2)
	ada.do("leaveRoom", object{"roomId": room})
	eve := f.enter("Eve")
	for _, d := range []*device{ada, eve} {
		d.refused("forbidden", "markRead", upTo(room, 1))
		d.refused("forbidden", "markRead", with(upTo(room, 0), "unread", true))
		d.refused("forbidden", "readMarks", object{"roomId": room})
		want(t, "marks", d.do("markAllRead", object{"marks": []object{upTo(room, 1)}})["marks"], []any{})
		want(t, d.user.Name+" hears", d.heard("read"), []any{})
	}
	want(t, "marks", pick("userId", bob.do("readMarks", object{"roomId": room})["marks"]), []string{bob.user.ID})
}

// A room from before there were marks has none: all of it is read, until the first mark.
func TestARoomWithoutAMarkIsRead(t *testing.T) {
	f := newFixture(t)
	ada, bob, room := f.said(2)
	_, err := database.Client().PutItem(t.Context(), &dynamodb.PutItemInput{
		TableName: new(f.prefix + schema.Chat.ID), Item: map[string]types.AttributeValue{
			schema.PartitionKey: &types.AttributeValueMemberS{Value: "U#" + ada.user.ID},
			schema.SortKey:      &types.AttributeValueMemberS{Value: "R#" + room},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	bob.send(room, "t")
	want(t, "without a mark", []any{ada.listed(room)["unread"], ada.listed(room)["mark"]}, []any{0, nil})
	want(t, "marks", pick("userId", ada.do("readMarks", object{"roomId": room})["marks"]), []string{bob.user.ID})
	ada.do("markRead", with(upTo(room, 2), "version", 0))
	want(t, "with one", ada.unread(room), []int{1, 2})
}

func TestAMarkThatToldNobodyIsToldByItsRepetition(t *testing.T) {
	f := newFixture(t)
	ada, _, room := f.said(2)
	phone := ada.another()
	f.calls.failing(func(operation string) error {
		if operation == "Query" { // the devices are not found
			return errors.New("out of order")
		}
		return nil
	})
	ada.refused("internal", "markRead", upTo(room, 2))
	f.calls.failing(nil)
	want(t, "before", phone.heard("read"), []any{})
	ada.do("markRead", upTo(room, 2))
	want(t, "after", len(phone.heard("read")), 1)
}

func TestAMarkCostsTwoCallsBesideTheDevices(t *testing.T) {
	f := newFixture(t)
	ada, _, room := f.said(4)
	ada.do("markRead", upTo(room, 1)) // now the next deliveries are paid for
	f.calls.take()
	f.posts.Store(0)
	ada.do("markRead", upTo(room, 3))
	want(t, "calls, one of them the connection's", f.calls.take(), object{"UpdateItem": 2, "Query": 1})
	ada.do("markRead", upTo(room, 2))
	want(t, "calls of a late one", f.calls.take(), object{"UpdateItem": 2})
	want(t, "posts", f.posts.Load(), 0)
}

func TestInvalidMarksAreRefused(t *testing.T) {
	f := newFixture(t)
	ada, _, room := f.said(1)
	for _, c := range []struct {
		code, event string
		body        any
	}{
		{"bad_request", "markRead", nil},
		{"bad_request", "markRead", object{"roomId": room}},
		{"bad_request", "markRead", upTo(room, -1)},
		{"bad_request", "markRead", object{"roomId": room, "seq": 1e15}},
		{"bad_request", "markRead", upTo("?", 1)},
		{"bad_request", "markRead", with(upTo(room, 1), "version", -1)},
		{"bad_request", "markRead", with(upTo(room, 1), "unread", "yes")},
		{"forbidden", "markRead", upTo("r_unknown", 1)},
		{"bad_request", "markAllRead", object{}},
		{"bad_request", "markAllRead", object{"marks": []object{upTo(room, 1), upTo(room, 2)}}},
		{"bad_request", "markAllRead", object{"marks": []object{upTo(room, -1)}}},
		{"bad_request", "markAllRead", object{"marks": []object{{"roomId": room}}}},
		{"bad_request", "readMarks", object{"roomId": "?"}},
		{"forbidden", "readMarks", object{"roomId": "r_unknown"}},
	} {
		ada.refused(c.code, c.event, c.body)
	}
	var many []object
	for i := range 151 {
		many = append(many, upTo(fmt.Sprint("r_", i), 1))
	}
	ada.refused("too_large", "markAllRead", object{"marks": many})
	want(t, "unread", ada.unread(room), []int{1, 0})
}

func TestRoomsAreReadByHTTP(t *testing.T) {
	f := newFixture(t)
	ada, _, room := f.said(3)
	path := "/api/rooms/" + room + "/read"
	for _, c := range []struct {
		method, path, body string
		status             int
	}{
		{"PUT", path, `{"seq":2}`, http.StatusOK},
		{"PUT", path, `{"seq":1,"unread":true}`, http.StatusOK},
		{"PUT", path, `{}`, http.StatusBadRequest},
		{"PUT", path, `{"seq":-1}`, http.StatusBadRequest},
		{"PUT", "/api/read", `{"marks":[{"roomId":"` + room + `","seq":3}]}`, http.StatusOK},
		{"GET", path, "", http.StatusOK},
		{"POST", path, `{"seq":2}`, http.StatusMethodNotAllowed},
	} {
		status, answer := f.request(c.method, c.path, ada.token, c.body)
		if status != c.status {
			t.Errorf("%s %s %s: %d, %v", c.method, c.path, c.body, status, answer)
		}
	}
	var told []any
	for _, e := range ada.heard("read") {
		told = append(told, e["marks"].([]any)[0].(object)["seq"])
	}
	want(t, "Ada's device hears", told, []int{2, 1, 3})
	token, _ := f.signIn("Eve")
	for _, c := range [][2]string{{"PUT", `{"seq":1}`}, {"GET", ""}} {
		status, _ := f.request(c[0], path, token, c[1])
		want(t, "a stranger's "+c[0], status, http.StatusForbidden)
	}
}
