package chat_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/dynamo/schema"
	"github.com/confab-chat/confab/shared/realtime"
)

// addChannels makes channels, each by somebody else and a millisecond after the one before, and
// returns their ids, the newest first.
func (f *fixture) addChannels(n int, name func(int) string) []any {
	f.t.Helper()
	ids := []any{}
	for i := range n {
		user := chat.User{ID: fmt.Sprintf("u_c%d", i), Name: "Somebody"}
		r := chat.Room{ID: fmt.Sprintf("r_c%d", i), Name: name(i), Kind: chat.Channel, CreatedAt: chat.At(f.clock()), CreatedBy: user}
		if _, _, err := f.store.CreateRoom(f.t.Context(), r, []chat.Member{{User: user}}, nil, ""); err != nil {
			f.t.Fatal(err)
		}
		f.advance(time.Millisecond)
		ids = append(ids, r.ID)
	}
	slices.Reverse(ids)
	return ids
}

// pages asks for all pages and returns the ids that each part of them lists, and how many pages
// there are.
func (d *device) pages(event string, request object, ask func(string, any) object) (rooms, invitations, open []any, pages int) {
	d.f.t.Helper()
	for pages < 100 {
		answer := ask(event, request)
		pages++
		if listed, ok := answer["rooms"]; ok {
			rooms = append(rooms, pick("id", listed)...)
			invitations = append(invitations, pick("id", pick("room", answer["invitations"]))...)
		}
		open = append(open, pick("id", answer["open"])...)
		next, more := answer["next"]
		if !more {
			return rooms, invitations, open, pages
		}
		request["cursor"] = next
	}
	d.f.t.Fatalf("%s has no end", event)
	return nil, nil, nil, 0
}

func TestTheListOfRoomsHasPages(t *testing.T) {
	f := newFixture(t)
	channels := f.addChannels(230, func(i int) string { return fmt.Sprint("Channel ", i) })
	token, user := f.signIn("Bob")
	f.addTo(user, chat.MaxRooms-1)
	var mine []any
	for i := range chat.MaxRooms - 1 {
		mine = append([]any{fmt.Sprint("r_", i)}, mine...)
	}
	bob := f.connect(token, user)
	bob.do("joinRoom", object{"roomId": channels[3]})
	invitations := []any{}
	for i := range 12 {
		invitations = append([]any{f.enter(fmt.Sprint("Stranger ", i)).invite("private", bob)}, invitations...)
		f.advance(time.Millisecond)
	}
	overHTTP := func(_ string, request any) object {
		query := url.Values{}
		for name, value := range request.(object) {
			query.Set(name, value.(string))
		}
		_, answer := f.request("GET", "/api/rooms?"+query.Encode(), token, "")
		return answer
	}
	for way, ask := range map[string]func(string, any) object{"event": bob.do, "HTTP": overHTTP} {
		r, i, o, pages := bob.pages("listRooms", object{}, ask)
		want(t, "rooms by "+way, r, append(slices.Clone(mine), channels[3]))
		want(t, "invitations by "+way, i, invitations)
		want(t, "open channels by "+way, o, slices.Delete(slices.Clone(channels), 3, 4))
		if pages < 3 {
			t.Errorf("%d pages by %s", pages, way)
		}
	}
	for _, cursor := range []string{"x", "rooms:1", "open:x:r", "private:1:r", "rooms:1:#"} {
		bob.refused("bad_request", "listRooms", object{"cursor": cursor})
		bob.refused("bad_request", "openRooms", object{"cursor": cursor})
	}
}

// One person makes as many channels as they can; an older one is still found by its name.
func TestAChannelIsFoundByItsNameAmongMany(t *testing.T) {
	f := newFixtureOf(t, generous)
	ada, bob, eve := f.enter("Ada"), f.enter("Bob"), f.enter("Eve")
	old := ada.do("createRoom", object{"name": "Äpfel & Birnen"})["room"].(object)["id"]
	f.advance(time.Second)
	f.addChannels(520, func(i int) string { return fmt.Sprint("Noise ", i) })
	made := 0
	for eve.ask("createRoom", object{"name": "Mine"})["ok"] == true {
		made++
	}
	want(t, "channels of one person", made, chat.MaxRoomsMade)
	_, _, open, _ := bob.pages("openRooms", object{"search": " äpfel "}, bob.do)
	want(t, "found", open, []any{old})
	_, _, open, _ = bob.pages("openRooms", object{"search": "NOISE 51"}, bob.do)
	want(t, "found in any case", open, []any{"r_c519", "r_c518", "r_c517", "r_c516", "r_c515", "r_c514", "r_c513", "r_c512", "r_c511", "r_c510", "r_c51"})
	_, _, open, pages := bob.pages("openRooms", object{}, bob.do)
	want(t, "all", []int{len(open), pages}, []int{520 + made + 1, 2})
	bob.refused("bad_request", "openRooms", object{"search": fmt.Sprintf("%81d", 1)})
	status, answer := f.request("GET", "/api/rooms/open?search=noise+519", bob.token, "")
	want(t, "HTTP", []any{status, pick("id", answer["open"])}, []any{200, []any{"r_c519"}})
}

// A person may be in more rooms than they can join today, because there was no limit before,
// or than a socket can be in.
func TestConnectingNeverFailsBecauseOfRooms(t *testing.T) {
	for most, heard := range map[int]int{0: chat.MaxRooms, 50: 19} {
		f := newFixture(t, func(o *realtime.Options) { o.MaxRooms = most })
		token, user := f.signIn("Bob")
		room := f.enter("Ada").create("group")
		ids := []string{room}
		for i := range 400 {
			ids = append(ids, fmt.Sprintf("r_%03d", i))
		}
		for _, id := range ids {
			_, err := database.Client().PutItem(t.Context(), &dynamodb.PutItemInput{
				TableName: new(f.prefix + schema.Chat.ID), Item: map[string]types.AttributeValue{
					schema.PartitionKey: &types.AttributeValueMemberS{Value: "U#" + user.ID},
					schema.SortKey:      &types.AttributeValueMemberS{Value: "R#" + id},
				},
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			list := f.connect(token, user).do("listRooms", object{})
			want(t, "listed", pick("id", list["rooms"]), []any{room})
			want(t, "unheard", list["unheard"], 401-heard)
		}
	}
}

func TestASocketThatIsInAsManyRoomsAsItMayStopsNobody(t *testing.T) {
	f := newFixture(t, func(o *realtime.Options) { o.MaxRooms = 2 })
	ada, bob := f.enter("Ada"), f.enter("Bob")
	f.acquaint(ada, bob)
	for range 2 {
		room := ada.create("private", bob)
		ada.send(room, "1")
		bob.send(room, "2")
	}
	channel := ada.create("channel")
	bob.do("joinRoom", object{"roomId": channel})
	for _, d := range []*device{ada, bob} {
		want(t, "unheard", d.do("listRooms", object{})["unheard"], 4)
	}
	f.twoMinutes()
	if log := f.log.String(); strings.Contains(log, "not repaired") {
		t.Error("the sweep stops at the socket")
	}
}
