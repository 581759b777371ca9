package strict

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
)

type request struct {
	Text string   `json:"text"`
	On   bool     `json:"on"`
	At   *int64   `json:"at,omitzero"`
	Size int      `json:"size,omitzero"`
	IDs  []string `json:"ids,omitzero"`
	// Marks are objects with fields of their own.
	Marks []struct {
		Seq int64 `json:"seq"`
	} `json:"marks,omitzero"`
	// Rooms are objects by names.
	Only *struct {
		Seq int64 `json:"seq"`
	} `json:"only,omitzero"`
	Rooms map[string]struct {
		Seq int64 `json:"seq"`
	} `json:"rooms,omitzero"`
}

func TestARequestIsDecoded(t *testing.T) {
	zero := int64(0)
	for body, want := range map[string]request{
		`{"text":"x","on":true}`: {Text: "x", On: true},
		" { \"on\" :\n false, \"text\":\"\\ud83d\\uDC69\\\\u d83d\" }\n": {Text: "\U0001f469\\u d83d"},
		`{"text":"","on":false,"at":0.0,"size":-70e-1,"ids":[]}`:         {At: &zero, Size: -7, IDs: []string{}},
		`{"text":"","on":false,"at":-0,"size":9.007199254740991E15}`:     {At: &zero, Size: 1<<53 - 1},
		`{"text":"","on":false,"at":0,"size":-7,"ids":[]}`:               {At: &zero, Size: -7, IDs: []string{}},
		`{"text":"x","on":true,"marks":[{"seq":2},{"seq":3}]}`: {Text: "x", On: true, Marks: []struct {
			Seq int64 `json:"seq"`
		}{{2}, {3}}},
		`{"text":"x","on":true,"only":{"seq":2}}`: {Text: "x", On: true, Only: &struct {
			Seq int64 `json:"seq"`
		}{2}},
		`{"text":"x","on":true,"rooms":{"a":{"seq":2},"\u00e4":{"seq":3}}}`: {Text: "x", On: true, Rooms: map[string]struct {
			Seq int64 `json:"seq"`
		}{"a": {2}, "ä": {3}}},
		`{"text":"\u2028","on":false,"ids":["a","\"b\""],"size":1234567}`: {Text: "\u2028", IDs: []string{"a", `"b"`}, Size: 1234567},
	} {
		var got request
		if err := Decode([]byte(body), &got, nil); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", body, got, err)
		}
	}
}

func TestAnErrorNamesTheFieldAndWhatItMustBe(t *testing.T) {
	const rest = `,"text":"x","on":true}`
	const broken = "text has a broken character: it must be valid UTF-8 without lone surrogates."
	for body, want := range map[string]string{
		``:                                            "The request must be JSON.",
		`{"text":"x","on":true} {}`:                   "The request must be JSON.",
		`{"text":"x","on":true`:                       "The request must be JSON.",
		`null`:                                        "The request must be a JSON object.",
		`[]`:                                          "The request must be a JSON object.",
		`"text"`:                                      "The request must be a JSON object.",
		`{}`:                                          "text must be a string.",
		`{"text":"x"}`:                                "on must be true or false.",
		`{"text":5,"on":true}`:                        "text must be a string.",
		`{"text":null,"on":true}`:                     "text must be a string.",
		`{"text":["x"],"on":true}`:                    "text must be a string.",
		`{"text":"x","on":"true"}`:                    "on must be true or false.",
		`{"text":"x","on":1}`:                         "on must be true or false.",
		`{"rooms":[]` + rest:                          "rooms must be an object.",
		`{"rooms":null` + rest:                        "rooms must be an object.",
		`{"rooms":{"a":null}` + rest:                  `rooms["a"] must be a JSON object.`,
		`{"rooms":{"a":{}}` + rest:                    `rooms["a"].seq must be a whole number.`,
		`{"rooms":{"a":{"seq":1,"x":2}}` + rest:       `rooms["a"]."x" is not a field of this request.`,
		`{"rooms":{"a":{"seq":1},"a":{}}` + rest:      `rooms."a" must be there only once.`,
		`{"rooms":{"\ud800":{"seq":1}}` + rest:        "rooms has a broken character: it must be valid UTF-8 without lone surrogates.",
		`{"at":1.5` + rest:                            "at must be a whole number.",
		`{"at":1e16` + rest:                           "at must be a whole number.",
		`{"at":1e999` + rest:                          "at must be a whole number.",
		`{"at":"1"` + rest:                            "at must be a whole number.",
		`{"at":null` + rest:                           "at must be a whole number.",
		`{"at":99999999999999999999` + rest:           "at must be a whole number.",
		`{"ids":"a"` + rest:                           "ids must be a list of strings.",
		`{"ids":null` + rest:                          "ids must be a list of strings.",
		`{"ids":["a",null]` + rest:                    "ids must be a list of strings.",
		`{"ids":["a",7]` + rest:                       "ids must be a list of strings.",
		`{"marks":{}` + rest:                          "marks must be a list of objects.",
		`{"marks":null` + rest:                        "marks must be a list of objects.",
		`{"marks":[null]` + rest:                      "marks[0] must be a JSON object.",
		`{"only":null` + rest:                         "only must be a JSON object.",
		`{"only":{}` + rest:                           "only.seq must be a whole number.",
		`{"only":{"seq":1,"x":2}` + rest:              `only."x" is not a field of this request.`,
		`{"marks":[{"seq":1},{}]` + rest:              "marks[1].seq must be a whole number.",
		`{"marks":[{"SEQ":1}]` + rest:                 `marks[0]."SEQ" is not a field of this request: write "seq".`,
		`{"at":1.5}`:                                  "at must be a whole number.",
		`{"topic":"y"}`:                               `"topic" is not a field of this request.`,
		`{"topic":"y"` + rest:                         `"topic" is not a field of this request.`,
		`{"TEXT":"y"` + rest:                          `"TEXT" is not a field of this request: write "text".`,
		`{"te\u0078t":"y"` + rest:                     `"text" must be there only once.`,
		`{"a\u0000\u202e":1` + rest:                   `"a\x00\u202e" is not a field of this request.`,
		`{"` + strings.Repeat("y", 99) + `":1` + rest: `"` + strings.Repeat("y", 40) + `…" is not a field of this request.`,
		`{"text":"cut \ud83d","on":true}`:             broken,
		`{"text":"\uDE00","on":true}`:                 broken,
		`{"text":"\ud83d\u0041","on":true}`:           broken,
		`{"text":"\ud83d\\ude00","on":true}`:          broken,
		`{"text":"\ud83d\ud83d\ude00","on":true}`:     broken,
		"{\"text\":\"\xff\",\"on\":true}":             broken,
		"{\"text\":\"\xed\xa0\xbd\",\"on\":true}":     broken,
		`{"text":"x","on":true,"ids":["\ud83d"]}`:     "ids" + strings.TrimPrefix(broken, "text"),
	} {
		err := Decode([]byte(body), &request{}, nil)
		var e *Error
		if !errors.As(err, &e) || e.Error() != want {
			t.Errorf("%s: %v, want %s", body, err, want)
		}
	}
}

func TestAGivenFieldMayBeRepeatedAndNotContradicted(t *testing.T) {
	given := map[string]any{"text": "x"}
	for body, want := range map[string]string{
		`{"on":true}`:                    "",
		`{"on":true,"text":"x"}`:         "",
		`{"on":true,"text":"y"}`:         `text must be "x" here.`,
		`{"on":true,"text":7}`:           `text must be "x" here.`,
		`{"text":"x","on":1,"text":"x"}`: `"text" must be there only once.`,
		`{"on":true,"TEXT":"x"}`:         `"TEXT" is not a field of this request: write "text".`,
	} {
		var got request
		switch err := Decode([]byte(body), &got, given); {
		case want == "" && (err != nil || !reflect.DeepEqual(got, request{Text: "x", On: true})):
			t.Errorf("%s: %+v, %v", body, got, err)
		case want != "" && (err == nil || err.Error() != want):
			t.Errorf("%s: %v, want %s", body, err, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"text":"\ud83d\ude00","on":true,"at":7,"ids":["a"]}`))
	f.Add([]byte(`{"text":"\ud83d`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var got, plain request
		if Decode(body, &got, nil) != nil {
			return
		}
		d := json.NewDecoder(bytes.NewReader(body))
		d.DisallowUnknownFields()
		if err := d.Decode(&plain); err != nil || !reflect.DeepEqual(got, plain) {
			t.Errorf("%q: decoded to %+v, by encoding/json to %+v, %v", body, got, plain, err)
		}
	})
}
