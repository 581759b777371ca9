package chat_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

// mentioning is a request to send a message that mentions people.
func mentioning(roomID, tempID string, mentions ...any) object {
	return object{"roomId": roomID, "text": "hello", "tempId": tempID, "mentions": append([]any{}, mentions...)}
}

// id is a device's user.
func (d *device) id() string { return d.user.ID }

// unreadMentions are the mentions of a device's user that its newest room shows.
func (d *device) unreadMentions() any {
	return d.do("listRooms", object{})["rooms"].([]any)[0].(object)["mentions"]
}

// mentioned are the messages that mention a device's user.
func (d *device) mentioned() []any { return d.do("mentions", object{})["messages"].([]any) }

// threeInARoom returns three people in a channel.
func threeInARoom(t *testing.T) (f *fixture, ada, bob, cyd *device, room string) {
	f = newFixture(t)
	ada, bob, cyd = f.enter("Ada"), f.enter("Bob"), f.enter("Cyd")
	room = ada.create("channel")
	bob.do("joinRoom", object{"roomId": room})
	cyd.do("joinRoom", object{"roomId": room})
	return f, ada, bob, cyd, room
}

// addMember makes somebody a member of a room who was never here.
func (f *fixture) addMember(roomID, userID string) {
	f.t.Helper()
	m := chat.Member{User: chat.User{ID: userID, Name: userID}, JoinedAt: chat.At(f.clock())}
	if _, err := f.store.AddMember(f.t.Context(), roomID, m, f.clock()); err != nil {
		f.t.Fatal(err)
	}
}

func TestAMentionIsToldListedAndCountedUntilItIsRead(t *testing.T) {
	_, ada, bob, cyd, room := threeInARoom(t)
	sent := ada.do("sendMessage", mentioning(room, "t", bob.id()))["message"].(object)
	want(t, "mentions", sent["mentions"], []any{bob.id()})
	want(t, "Bob hears", bob.heard("mention"), []object{{"message": sent}})
	want(t, "Cyd hears", len(cyd.heard("mention")), 0)
	want(t, "Bob's list", bob.mentioned(), []any{sent})
	want(t, "Cyd's list", cyd.mentioned(), []any{})
	want(t, "on another device", bob.another().unreadMentions(), 1)
	want(t, "Cyd's count", cyd.unreadMentions(), nil)
	bob.do("markRead", object{"roomId": room, "seq": 1})
	want(t, "count once read", bob.unreadMentions(), nil)
	bob.do("markRead", object{"roomId": room, "seq": 0, "unread": true})
	want(t, "count once unread", bob.unreadMentions(), 1)
}

func TestAMentionThatIsSentAgainIsToldAgainAndListedOnce(t *testing.T) {
	_, ada, bob, _, room := threeInARoom(t)
	for range 3 {
		ada.do("sendMessage", mentioning(room, "t", bob.id(), bob.id()))
	}
	want(t, "told", len(bob.heard("mention")), 3)
	want(t, "listed", len(bob.mentioned()), 1)
	want(t, "counted", bob.unreadMentions(), 1)
	ada.refused("idempotency_conflict", "sendMessage", mentioning(room, "t"))
}

func TestNobodyIsToldOfAMentionWhenItsMessageIsSentAgainAfterItWasDeleted(t *testing.T) {
	_, ada, bob, _, room := threeInARoom(t)
	for i, whom := range []string{bob.id(), chat.Everyone} {
		message := mentioning(room, fmt.Sprint("t", i), whom)
		ada.do("sendMessage", message)
		ada.do("deleteMessage", object{"roomId": room, "seq": i + 1})
		ada.do("sendMessage", message)
		want(t, "told once of "+whom, len(bob.heard("mention")), i+1)
	}
}

func TestAMessageIsRepeatedThoughWhomItMentionsHasLeft(t *testing.T) {
	f, ada, bob, cyd, room := threeInARoom(t)
	sent := ada.do("sendMessage", mentioning(room, "t", bob.id(), cyd.id()))
	all := ada.do("sendMessage", mentioning(room, "all", chat.Everyone))
	ada.send(room, "first")
	reply := mentioning(room, "r", bob.id())
	reply["threadOf"] = 3
	inThread := ada.do("sendMessage", reply)
	bob.do("leaveRoom", object{"roomId": room})
	for i := range 50 {
		f.addMember(room, fmt.Sprintf("u_%02d", i))
	}
	for range 2 {
		want(t, "again", ada.do("sendMessage", mentioning(room, "t", bob.id(), cyd.id())), sent)
		want(t, "to all again", ada.do("sendMessage", mentioning(room, "all", chat.Everyone)), all)
		want(t, "in a thread again", ada.do("sendMessage", reply), inThread)
	}
	ada.refused("idempotency_conflict", "sendMessage", mentioning(room, "t", bob.id()))
	ada.refused("not_found", "sendMessage", mentioning(room, "u", bob.id()))
	ada.refused("too_large", "sendMessage", mentioning(room, "v", chat.Everyone))
	want(t, "log", len(ada.do("history", object{"roomId": room})["messages"].([]any)), 3)
	ada.do("leaveRoom", object{"roomId": room})
	for _, d := range []*device{ada, bob} {
		d.refused("forbidden", "sendMessage", mentioning(room, "t", bob.id(), cyd.id()))
	}
}

func TestTheWholeRoomIsMentionedWithoutItsSender(t *testing.T) {
	_, ada, bob, cyd, room := threeInARoom(t)
	ada.do("sendMessage", mentioning(room, "t", chat.Everyone))
	want(t, "counts", []any{bob.unreadMentions(), cyd.unreadMentions(), ada.unreadMentions()}, []any{1, 1, nil})
	want(t, "Ada's list", ada.mentioned(), []any{})
	ada.do("deleteMessage", object{"roomId": room, "seq": 1})
	want(t, "counts once deleted", []any{bob.unreadMentions(), cyd.unreadMentions()}, []any{nil, nil})
	want(t, "Bob's list", bob.mentioned(), []any{})
}

func TestALargeRoomIsNotMentionedAsAWhole(t *testing.T) {
	f, ada, bob, _, room := threeInARoom(t)
	for i := range 47 {
		f.addMember(room, fmt.Sprintf("u_%02d", i))
	}
	ada.do("sendMessage", mentioning(room, "fifty", chat.Everyone))
	want(t, "Bob's count", bob.unreadMentions(), 1)
	ada.do("editMessage", object{"roomId": room, "seq": 1, "text": "none", "mentions": []any{}})
	want(t, "Bob's count after an edit", bob.unreadMentions(), nil)
	f.addMember(room, "u_more")
	ada.refused("too_large", "sendMessage", mentioning(room, "more", chat.Everyone))
	eve := f.enter("Eve") // may not learn how many are there
	eve.refused("forbidden", "editMessage", object{"roomId": room, "seq": 1, "text": "x", "mentions": []string{chat.Everyone}})
	ada.do("sendMessage", mentioning(room, "one", bob.id()))
}

func TestOnlyMembersAreMentioned(t *testing.T) {
	f, ada, bob, cyd, room := threeInARoom(t)
	eve := f.enter("Eve")
	bob.do("leaveRoom", object{"roomId": room})
	for _, d := range []*device{bob, eve} {
		ada.refused("not_found", "sendMessage", mentioning(room, "t", cyd.id(), d.id()))
		d.refused("forbidden", "sendMessage", mentioning(room, "t", cyd.id()))
	}
	ada.refused("bad_request", "sendMessage", mentioning(room, "t", "@all"))
	ada.refused("bad_request", "sendMessage", mentioning(room, "t", 1))
	var many []any
	for i := range 21 {
		many = append(many, fmt.Sprint("u_", i))
	}
	ada.refused("too_large", "sendMessage", mentioning(room, "t", many...))
	want(t, "log", ada.do("history", object{"roomId": room})["messages"], []any{})
	want(t, "told", len(cyd.heard("mention")), 0)
}

func TestAnEditChangesWhoIsMentioned(t *testing.T) {
	_, ada, bob, cyd, room := threeInARoom(t)
	ada.do("sendMessage", mentioning(room, "t", bob.id()))
	edit := object{"roomId": room, "seq": 1, "text": "hello", "mentions": []any{cyd.id()}}
	edited := ada.do("editMessage", edit)["message"].(object)
	want(t, "again", ada.do("editMessage", edit)["message"], edited)
	want(t, "lists", []any{bob.mentioned(), cyd.mentioned()}, []any{[]any{}, []any{edited}})
	want(t, "counts", []any{bob.unreadMentions(), cyd.unreadMentions()}, []any{nil, 1})
	left := ada.do("editMessage", object{"roomId": room, "seq": 1, "text": "other"})["message"].(object)
	want(t, "left", left["mentions"], []any{cyd.id()})
	want(t, "Bob is told once", len(bob.heard("mention")), 1)
	ada.do("deleteMessage", object{"roomId": room, "seq": 1})
	want(t, "deleted", []any{cyd.mentioned(), cyd.unreadMentions()}, []any{[]any{}, nil})
}

func TestMentionsOfARoomThatOneHasLeftDoNotShow(t *testing.T) {
	_, ada, bob, _, room := threeInARoom(t)
	ada.do("sendMessage", mentioning(room, "t", bob.id()))
	bob.do("leaveRoom", object{"roomId": room})
	want(t, "list", bob.mentioned(), []any{})
	bob.do("joinRoom", object{"roomId": room})
	want(t, "count of who is back", bob.unreadMentions(), nil)
}

func TestAReplyMentionsPeopleAndIsNotCountedInTheRoom(t *testing.T) {
	_, ada, bob, _, room := threeInARoom(t)
	ada.send(room, "t")
	reply := mentioning(room, "r", bob.id())
	reply["threadOf"] = 1
	sent := ada.do("sendMessage", reply)["message"].(object)
	want(t, "list", bob.mentioned(), []any{sent})
	want(t, "told", bob.heard("mention"), []object{{"message": sent}})
	want(t, "count", bob.unreadMentions(), nil)
}

func TestMentionsComeInPagesAndByHTTP(t *testing.T) {
	f, ada, bob, _, room := threeInARoom(t)
	for i := range 51 {
		f.advance(time.Minute)
		ada.do("sendMessage", mentioning(room, fmt.Sprint(i), bob.id()))
	}
	status, first := f.request(http.MethodGet, "/api/mentions", bob.token, "")
	want(t, "status", status, http.StatusOK)
	want(t, "first page", len(first["messages"].([]any)), 50)
	want(t, "newest", first["messages"].([]any)[0].(object)["seq"], 51)
	second := bob.do("mentions", object{"cursor": first["next"]})
	want(t, "second page", []any{second["messages"].([]any)[0].(object)["seq"], second["next"]}, []any{1, nil})
	bob.refused("bad_request", "mentions", object{"cursor": "x"})
}
