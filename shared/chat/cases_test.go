package chat_test

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// What was once answered wrongly, each with the right answer.
var (
	//go:embed testdata/cases/texts.json
	textCases []byte
	//go:embed testdata/cases/requests.json
	requestCases []byte
)

// cases decodes a list of cases. Their texts stay in JSON, because a Go string cannot hold
// the lone surrogates of some.
func cases[T any](t *testing.T, file []byte) []T {
	t.Helper()
	var all []T
	if err := json.Unmarshal(file, &all); err != nil || len(all) == 0 {
		t.Fatal(err)
	}
	return all
}

// verdict is "stored", or "refused" for a bad request.
func verdict(answer object) string {
	e, _ := answer["error"].(object)
	switch {
	case answer["ok"] == true:
		return "stored"
	case e["code"] == "bad_request":
		return "refused"
	default:
		return fmt.Sprint(answer)
	}
}

func TestCasesOfTextsAndNames(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	for i, c := range cases[struct {
		Text, Name json.RawMessage
		Is, Says   string
	}](t, textCases) {
		check := func(way string, answer object) {
			t.Helper()
			want(t, way, verdict(answer), c.Is)
			if e, _ := answer["error"].(object); c.Says != "" {
				want(t, way+" says", e["message"], c.Says)
			}
			var sent string
			if err := json.Unmarshal(c.Text, &sent); err == nil && c.Is == "stored" {
				want(t, way+" keeps the text", answer["message"].(object)["text"], sent)
			}
		}
		t.Run(fmt.Sprintf("%s%s", c.Text, c.Name), func(t *testing.T) {
			if c.Text != nil {
				body := fmt.Sprintf(`{"text":%s,"tempId":"%d-`, c.Text, i)
				check("by event", ada.ask("sendMessage", json.RawMessage(body+`e","roomId":"`+room+`"}`)))
				_, answer := f.request("POST", "/api/rooms/"+room+"/messages", ada.token, body+`h"}`)
				check("by HTTP", answer)
				return
			}
			body := fmt.Sprintf(`{"name":%s}`, c.Name)
			check("by event", ada.ask("createRoom", json.RawMessage(body)))
			_, answer := f.request("POST", "/api/rooms", ada.token, body)
			check("by HTTP", answer)
			_, answer = f.request("POST", "/api/session", "", body)
			check("as a guest", answer)
		})
	}
}

func TestTextsThatPeopleSeeAreStored(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	for i, text := range []string{
		"a\tb\nc", "\U0001f600", "👍🏽", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "e\u0301", "می\u200cخواهم", "שלום \u200fx",
		"\u202bright to left\u202c", "\ufeffx", "\ufffd", "\uf8ff", ".", "´",
	} {
		want(t, fmt.Sprintf("%q", text), ada.verdictOf(room, fmt.Sprint("s", i), text), "stored")
	}
	for i, text := range []string{
		"", " ", "\n\t", "\u00a0\u2003\u3000", "\u200b\u200c\u200d\u2060", "\u200e\u200f\u061c", "\u2066\u2069", "\ufe0f", "\U000e0100", "\U000e0041",
		"\u00ad", "\u034f", "\u115f\u1160\u3164\uffa0", "\u2800", "\u2028", "\u180e",
		"a\rb", "a\x7f", "a\u0085", "a\x1b[31m", "\x08a",
	} {
		want(t, fmt.Sprintf("%q", text), ada.verdictOf(room, fmt.Sprint("r", i), text), "refused")
	}
	_, answer := f.request("POST", "/api/rooms/"+room+"/messages", ada.token, "{\"text\":\"cut \xed\xa0\xbd\",\"tempId\":\"u\"}")
	want(t, "a surrogate in UTF-8", verdict(answer), "refused")
	want(t, "it says", answer["error"].(object)["message"], "text has a broken character: it must be valid UTF-8 without lone surrogates.")
}

// verdictOf sends a text and returns the verdict.
func (d *device) verdictOf(room, tempID, text string) string {
	return verdict(d.ask("sendMessage", object{"roomId": room, "text": text, "tempId": tempID}))
}

func TestNamesImitateNoOthers(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	for _, name := range []string{
		"Ada", "Zoë", "李小龍", "نجمه\u200cالسادات", "क्\u200dष", "👩\u200d💻", "❤️", "👍🏽", "1️⃣", "葛\U000e0100", "🏴\U000e0067\U000e0062\U000e007f", "\uf8ff", "O'Brien-Smith, Jr.",
	} {
		want(t, name, verdict(ada.ask("createRoom", object{"name": name})), "stored")
	}
	for _, name := range []string{
		"Ad\u200ba", "Ada\u200d", "A\u200cda", "Ada\u2060", "\ufeffAda", "Ad\u00ada", "Ada\ufe0f", "a\u202eb", "\u2066Ada\u2069", "Ada\u200f", "\u061cAda", "\u200eAda",
		"Ada\u3164", "Ada\u034f", "Ada\U000e0041", "Ada\u2028x", "Ada\x00", "Ada\tB", "\u2800", "\u3164", "\u115f",
	} {
		want(t, fmt.Sprintf("%q", name), verdict(ada.ask("createRoom", object{"name": name})), "refused")
		_, answer := f.request("POST", "/api/session", "", fmt.Sprintf(`{"name":%s}`, asText(name)))
		want(t, fmt.Sprintf("a guest %q", name), verdict(answer), "refused")
	}
}

// asText returns a string in JSON.
func asText(s string) []byte {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return text
}

func TestCasesOfRequests(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	ran := 0
	for i, c := range cases[struct {
		Event, HTTP, Answer, Body, Says string
		Data                            object
		Twice                           []object
		Status                          int
	}](t, requestCases) {
		// complete adds the fields that a case leaves out, because it is not about them.
		complete := func(o object) object {
			o["roomId"] = room
			if _, exists := o["tempId"]; !exists && c.Event == "sendMessage" {
				o["tempId"] = fmt.Sprint("case-", i)
			}
			return o
		}
		t.Run(fmt.Sprint(c.Event, c.HTTP, c.Data, c.Body), func(t *testing.T) {
			var answer object
			method, path, _ := strings.Cut(c.HTTP, " ")
			path = strings.ReplaceAll(path, "{id}", room)
			switch {
			case strings.HasPrefix(path, "/socket.io/"):
				t.Skip("the gateway's, and not the chat's")
			case c.Twice != nil:
				want(t, "first", verdict(ada.ask(c.Event, complete(c.Twice[0]))), "stored")
				answer = ada.ask(c.Event, complete(c.Twice[1]))
			case c.Event != "":
				answer = ada.ask(c.Event, complete(c.Data))
			default:
				body := c.Body
				if body == "" {
					body = `{"name":"x"}`
				}
				var status int
				status, answer = f.request(method, path, ada.token, body)
				if c.Status != 0 {
					want(t, "status", status, c.Status)
				}
			}
			ran++
			e, _ := answer["error"].(object)
			if c.Answer != "" {
				want(t, "code", e["code"], c.Answer)
			}
			if says := sentences[c.Says]; says != "" {
				want(t, "message", e["message"], says)
			} else if c.Says != "" {
				t.Errorf("no sentence for %q: %v", c.Says, e["message"])
			}
		})
	}
	if ran < 10 {
		t.Errorf("only %d cases ran", ran)
	}
}

// sentences has the messages that say what the cases ask for.
var sentences = map[string]string{
	"the field's name and what it must be": "text must be a string.",
	"that topic is not a field":            `"topic" is not a field of this request.`,
	"a limit is from 1 to 100":             "Use a limit from 1 to 100.",
	"before":                               "before must be a whole number.",
	"on":                                   "on must be true or false.",
}

func TestEveryRequestIsStrictByEventAndByHTTP(t *testing.T) {
	f := newFixture(t)
	ada := f.enter("Ada")
	room := ada.create("channel")
	for event, fields := range map[string]string{
		"createRoom": `,"name":"x"`, "joinRoom": `,"roomId":"ROOM"`, "leaveRoom": `,"roomId":"r_x"`, "listRooms": ``,
		"sendMessage": `,"roomId":"ROOM","text":"x","tempId":"t"`, "history": `,"roomId":"ROOM"`, "presence": `,"userIds":[]`,
		"typing": `,"roomId":"ROOM","on":true`, "refreshToken": `,"token":"x"`,
	} {
		fields = strings.ReplaceAll(fields, "ROOM", room)
		wrong := map[string]string{
			`[]`:                        "The request must be a JSON object.",
			`"x"`:                       "The request must be a JSON object.",
			`{"extra":1` + fields + `}`: `"extra" is not a field of this request.`,
			`{"x\n":1` + fields + `}`:   `"x\n" is not a field of this request.`,
		}
		if fields != "" {
			first, _, _ := strings.Cut(strings.TrimPrefix(fields, `,"`), `"`)
			upper := strings.ToUpper(first)
			wrong[`{"a":1`+fields+fields+`}`] = fmt.Sprintf("%q must be there only once.", first)
			wrong[fmt.Sprintf(`{%q:1%s}`, upper, fields)] = fmt.Sprintf("%q is not a field of this request: write %q.", upper, first)
		}
		for body, says := range wrong {
			answer := ada.ask(event, json.RawMessage(body))
			e, _ := answer["error"].(object)
			want(t, event+" "+body, []any{e["code"], e["message"]}, []any{"bad_request", says})
		}
	}
	for path, body := range map[string]string{"/api/rooms": `{"name":"x",`, "/api/session": `{"name":"x",`, "/api/rooms/" + room + "/join": `{`} {
		status, answer := f.request(http.MethodPost, path, ada.token, body+`"extra":1}`)
		want(t, path, []any{status, answer["error"].(object)["message"]}, []any{400, `"extra" is not a field of this request.`})
	}
}
