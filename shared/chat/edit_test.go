package chat_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/confab-chat/confab/shared/dynamo/schema"
)

// edit is a request to edit a message.
func edit(roomID string, seq int, text string) object {
	return object{"roomId": roomID, "seq": seq, "text": text}
}

func TestAnEditedMessageReachesTheRoomAndEveryLaterReader(t *testing.T) {
	f := newFixture(t)
	ada, bob := f.enter("Ada"), f.enter("Bob")
	phone := ada.another()
	room := ada.create("channel")
	bob.do("joinRoom", object{"roomId": room})
	sent := ada.send(room, "t")
	f.advance(time.Minute)
	got := ada.do("editMessage", edit(room, 1, "better"))["message"].(object)
	sent["text"], sent["version"], sent["editedAt"], sent["rev"] = "better", 1, f.stamp(), 1
	want(t, "answer", got, sent)
	for _, d := range []*device{ada, phone, bob} {
		want(t, d.user.Name+" hears", d.heard("messageChanged"), []object{{"message": sent, "rev": 1}})
	}
	page := bob.do("history", object{"roomId": room})
	want(t, "history", page["messages"], []any{sent})
	want(t, "revision of the page", page["rev"], 1)
	want(t, "changes", bob.do("changes", object{"roomId": room, "after": 0}),
		object{"ok": true, "messages": []any{sent}, "rev": 1, "more": false})
	want(t, "a repetition of the send", ada.send(room, "t"), sent)
}

func TestADeletedMessageKeepsItsPlaceAndNothingElse(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	ada.do("sendMessage", object{"roomId": room, "text": "unspeakable", "tempId": "t"})
	ada.do("editMessage", edit(room, 1, "unspeakable too"))
	got := ada.do("deleteMessage", object{"roomId": room, "seq": 1})["message"]
	want(t, "answer", got, object{
		"id": room + ".1", "roomId": room, "seq": 1, "sender": ada.user, "text": "", "tempId": "t",
		"sentAt": got.(object)["sentAt"], "version": 1, "deletedAt": f.stamp(), "rev": 2,
	})
	want(t, "history", ada.do("history", object{"roomId": room})["messages"], []any{got})
	table := f.prefix + schema.Chat.ID
	items, err := database.Client().Scan(t.Context(), &dynamodb.ScanInput{TableName: &table})
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range items.Items {
		if dump := fmt.Sprint(asJSON(item)); strings.Contains(dump, "unspeakable") {
			t.Errorf("the text is still there: %s", dump)
		}
	}
	ada.refused("not_found", "editMessage", edit(room, 1, "again"))
	ada.refused("not_found", "sendMessage", object{"roomId": room, "text": "x", "tempId": "u", "replyTo": 1})
}

func TestOnlyTheAuthorEdits(t *testing.T) {
	f := newFixture(t)
	ada, bob, eve := f.enter("Ada"), f.enter("Bob"), f.enter("Eve")
	room := ada.create("channel")
	bob.do("joinRoom", object{"roomId": room})
	bob.send(room, "t")
	ada.refused("forbidden", "editMessage", edit(room, 1, "mine"))
	eve.refused("forbidden", "editMessage", edit(room, 1, "mine"))
	want(t, "history", pick("text", bob.do("history", object{"roomId": room})["messages"]), []string{"text of t"})
}

func TestTheAuthorAndTheCreatorOfTheRoomDelete(t *testing.T) {
	f := newFixture(t)
	ada, bob, cy, eve := f.enter("Ada"), f.enter("Bob"), f.enter("Cy"), f.enter("Eve")
	room := ada.create("channel")
	for _, d := range []*device{bob, cy} {
		d.do("joinRoom", object{"roomId": room})
	}
	bob.send(room, "t")
	bob.send(room, "u")
	first, second := object{"roomId": room, "seq": 1}, object{"roomId": room, "seq": 2}
	cy.refused("forbidden", "deleteMessage", first)
	eve.refused("forbidden", "deleteMessage", first)
	bob.do("deleteMessage", first)
	ada.do("deleteMessage", second)
	want(t, "texts", pick("text", cy.do("history", object{"roomId": room})["messages"]), []string{"", ""})
}

func TestWhoHasLeftNeitherChangesNorReadsChanges(t *testing.T) {
	f := newFixture(t)
	ada, bob := f.enter("Ada"), f.enter("Bob")
	room := ada.create("channel")
	bob.do("joinRoom", object{"roomId": room})
	bob.send(room, "t")
	bob.do("leaveRoom", object{"roomId": room})
	bob.heard("messageChanged")
	bob.refused("forbidden", "editMessage", edit(room, 1, "x"))
	bob.refused("forbidden", "deleteMessage", object{"roomId": room, "seq": 1})
	bob.refused("forbidden", "changes", object{"roomId": room, "after": 0})
	ada.do("deleteMessage", object{"roomId": room, "seq": 1})
	want(t, "Bob hears", bob.heard("messageChanged"), []any{})
}

func TestAnEditOfAnotherVersionIsRefused(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	ada.send(room, "t")
	on := func(version int, text string) object {
		return object{"roomId": room, "seq": 1, "text": text, "version": version}
	}
	ada.do("editMessage", on(0, "one"))
	ada.refused("version_conflict", "editMessage", on(0, "other"))
	ada.refused("version_conflict", "editMessage", on(2, "other"))
	again := ada.do("editMessage", on(0, "one"))["message"].(object)
	want(t, "version after a repetition", again["version"], 1)
	want(t, "next version", ada.do("editMessage", on(1, "two"))["message"].(object)["version"], 2)
}

func TestARepetitionOfAnEditTellsTheRoomAgainAndChangesNothing(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	ada.send(room, "t")
	first := ada.do("editMessage", edit(room, 1, "x"))
	f.advance(time.Second)
	want(t, "answer", ada.do("editMessage", edit(room, 1, "x")), first)
	want(t, "heard", pick("rev", ada.heard("messageChanged")), []int{1, 1})
	ada.do("deleteMessage", object{"roomId": room, "seq": 1})
	ada.do("deleteMessage", object{"roomId": room, "seq": 1})
	want(t, "heard after deletion", pick("rev", ada.heard("messageChanged")), []int{1, 1, 2, 2})
}

func TestEditsAtOnceAreAllRevisions(t *testing.T) {
	f := newFixture(t)
	ada, bob := f.enter("Ada"), f.enter("Bob")
	room := ada.create("channel")
	bob.do("joinRoom", object{"roomId": room})
	for i := range 4 {
		ada.send(room, fmt.Sprint(i))
		bob.send(room, fmt.Sprint(i))
	}
	var wg sync.WaitGroup
	for seq := 1; seq <= 8; seq++ {
		author := []*device{bob, ada}[seq%2]
		wg.Go(func() { author.do("editMessage", edit(room, seq, fmt.Sprint("edited ", seq))) })
	}
	wg.Wait()
	changes := ada.do("changes", object{"roomId": room, "after": 0})
	want(t, "revision", changes["rev"], 8)
	want(t, "positions", pick("seq", changes["messages"]), []int{1, 2, 3, 4, 5, 6, 7, 8})
	revs := map[any]bool{}
	for _, rev := range pick("rev", ada.heard("messageChanged")) {
		revs[rev] = true
	}
	want(t, "revisions that Ada heard", len(revs), 8)
}

func TestChangesComeInPagesThatFit(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	long := strings.Repeat("\U0001f600", 4000)
	for seq := 1; seq <= 8; seq++ {
		ada.send(room, fmt.Sprint(seq))
		ada.do("editMessage", edit(room, seq, long))
	}
	ada.do("editMessage", edit(room, 8, "short"))
	got := map[any]any{}
	var after any = 0
	for pages := 1; ; pages++ {
		page := ada.do("changes", object{"roomId": room, "after": after, "limit": 7})
		for _, m := range page["messages"].([]any) {
			got[m.(object)["seq"]] = m.(object)["text"]
		}
		if after = page["rev"]; page["more"] == false {
			want(t, "pages", pages, 2)
			break
		}
	}
	want(t, "last revision", after, 9)
	want(t, "messages", len(got), 8)
	want(t, "the last text", got[8.0], "short")
}

func TestAnEditCostsFiveCallsBesideThePosts(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	ada.send(room, "t")
	ada.send(room, "u") // now the next deliveries are paid for
	f.calls.take()
	ada.do("editMessage", edit(room, 1, "x"))
	want(t, "calls", f.calls.take(), object{"UpdateItem": 1, "GetItem": 1, "BatchGetItem": 1, "TransactWriteItems": 1, "Query": 1})
}

func TestInvalidChangesAreRefused(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	ada.send(room, "t")
	for _, c := range []struct {
		code, event string
		body        any
	}{
		{"bad_request", "editMessage", nil},
		{"bad_request", "editMessage", edit(room, 0, "x")},
		{"bad_request", "editMessage", edit(room, 1, " ")},
		{"bad_request", "editMessage", object{"roomId": room, "seq": "1", "text": "x"}},
		{"bad_request", "editMessage", object{"roomId": room, "seq": 1, "text": "x", "version": -1}},
		{"too_large", "editMessage", edit(room, 1, strings.Repeat("x", 4001))},
		{"not_found", "editMessage", edit(room, 2, "x")},
		{"forbidden", "editMessage", edit("r_unknown", 1, "x")},
		{"bad_request", "deleteMessage", object{"roomId": room}},
		{"not_found", "deleteMessage", object{"roomId": room, "seq": 2}},
		{"bad_request", "changes", object{"roomId": room}},
		{"bad_request", "changes", object{"roomId": room, "after": -1}},
		{"bad_request", "changes", object{"roomId": room, "after": 0, "limit": 101}},
		{"forbidden", "changes", object{"roomId": "r_unknown", "after": 0}},
	} {
		ada.refused(c.code, c.event, c.body)
	}
	want(t, "revision", ada.do("changes", object{"roomId": room, "after": 7})["rev"], 7)
}

func TestMessagesChangeByHTTP(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	ada.send(room, "t")
	path := "/api/rooms/" + room + "/messages/1"
	for _, c := range []struct {
		method, path, body string
		status             int
	}{
		{"PATCH", path, `{"text":"by HTTP","version":0}`, http.StatusOK},
		{"PATCH", path, `{"text":"x","version":0}`, http.StatusConflict},
		{"PATCH", path, `{"text":"x","seq":2}`, http.StatusBadRequest},
		{"PATCH", "/api/rooms/" + room + "/messages/one", `{"text":"x"}`, http.StatusBadRequest},
		{"PATCH", "/api/rooms/" + room + "/messages/2", `{"text":"x"}`, http.StatusNotFound},
		{"GET", "/api/rooms/" + room + "/changes?after=0", "", http.StatusOK},
		{"DELETE", path, "", http.StatusOK},
		{"DELETE", path, "", http.StatusOK},
		{"POST", path, "{}", http.StatusMethodNotAllowed},
	} {
		status, answer := f.request(c.method, c.path, ada.token, c.body)
		if status != c.status {
			t.Errorf("%s %s %s: %d, %v", c.method, c.path, c.body, status, answer)
		}
	}
	want(t, "heard", pick("rev", ada.heard("messageChanged")), []int{1, 2, 2})
	token, _ := f.signIn("Eve")
	for _, c := range [][2]string{{"PATCH", path}, {"DELETE", path}, {"GET", "/api/rooms/" + room + "/changes?after=0"}} {
		body := ""
		if c[0] == "PATCH" {
			body = `{"text":"x"}`
		}
		status, _ := f.request(c[0], c[1], token, body)
		want(t, "a stranger's "+c[0], status, http.StatusForbidden)
	}
}
