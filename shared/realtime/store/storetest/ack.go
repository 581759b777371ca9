package storetest

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
)

var ackTests = []test{
	{"TheFirstAnswerOfEachConnectionCounts", firstAnswerCounts},
	{"AnswersExpire", answersExpire},
}

func firstAnswerCounts(t *testing.T, f *fixture) {
	expires := Noon.Add(time.Minute)
	for _, a := range []store.Answer{
		{ConnectionID: "a", Args: json.RawMessage(`[1]`)},
		{ConnectionID: "a", Args: json.RawMessage(`[2]`)},
		{ConnectionID: "b", Args: json.RawMessage(`[3]`)},
	} {
		succeed(t, f.PutAnswer(t.Context(), "/", 7, a, expires))
	}
	got, err := f.Answers(t.Context(), "/", 7)
	succeed(t, err)
	want(t, "answers", got, []store.Answer{
		{ConnectionID: "a", Args: json.RawMessage(`[1]`)},
		{ConnectionID: "b", Args: json.RawMessage(`[3]`)},
	})
	got, err = f.Answers(t.Context(), "/other", 7)
	if err != nil || len(got) != 0 {
		t.Errorf("another namespace: %v %v", got, err)
	}
	got, err = f.Answers(t.Context(), "/", 8)
	if err != nil || len(got) != 0 {
		t.Errorf("another id: %v %v", got, err)
	}
}

func answersExpire(t *testing.T, f *fixture) {
	succeed(t, f.PutAnswer(t.Context(), "/", 7, store.Answer{ConnectionID: "a", Args: json.RawMessage(`[1]`)}, Noon.Add(time.Minute)))
	f.advance(2 * time.Minute)
	got, err := f.Answers(t.Context(), "/", 7)
	if err != nil || len(got) != 0 {
		t.Errorf("got %v, %v", got, err)
	}
}
