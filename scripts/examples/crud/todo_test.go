package main

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/confab-chat/confab/scripts/confabtest"
	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/realtimetest"
)

// ask emits an event and returns what it answers.
func ask[T any](t *testing.T, client *realtimetest.Client, event string, args ...any) T {
	t.Helper()
	var answer struct {
		Data T `json:"data"`
		Refusal
	}
	if err := client.EmitWithAck(event, &answer, args...); err != nil || answer.Problem != "" {
		t.Fatalf("%s %v: %v %v", event, args, err, answer.Problem)
	}
	return answer.Data
}

// do emits an event that answers nothing.
func do(t *testing.T, client *realtimetest.Client, event string, arg any) {
	t.Helper()
	var answer realtime.Args
	if err := client.EmitWithAck(event, &answer, arg); err != nil || len(answer) != 0 {
		t.Fatalf("%s %v: %s, %v", event, arg, answer, err)
	}
}

func TestAllClientsHaveTheSameTodos(t *testing.T) {
	app := confabtest.New(t, CRUD)
	ada, bob := app.Connect("/", nil), app.Connect("/", nil)
	todos := []Todo{}
	for _, title := range []string{"Buy tea", "Boil water", "Warm the pot", "Brew", "Wait", "Pour", "Add milk", "Drink"} {
		id := ask[string](t, ada, "todo:create", map[string]any{"title": title, "completed": false})
		todos = append(todos, Todo{ID: id, Title: title})
		bob.Expect("todo:created", todos[len(todos)-1])
	}
	todos[0].Completed = true
	do(t, bob, "todo:update", todos[0])
	ada.Expect("todo:updated", todos[0])
	if got := ask[Todo](t, ada, "todo:read", todos[0].ID); got != todos[0] {
		t.Errorf("read %v, not %v", got, todos[0])
	}
	if got := ask[[]Todo](t, bob, "todo:list"); !reflect.DeepEqual(got, todos) {
		t.Errorf("listed %v, not %v", got, todos)
	}
	do(t, ada, "todo:delete", todos[0].ID)
	bob.Expect("todo:deleted", todos[0].ID)
	if got := ask[[]Todo](t, ada, "todo:list"); !reflect.DeepEqual(got, todos[1:]) {
		t.Errorf("listed %v, not %v", got, todos[1:])
	}
	ada.ExpectNone()
	bob.ExpectNone()
}

func TestWhatIsWrongIsToldAndChangesNothing(t *testing.T) {
	app := confabtest.New(t, CRUD)
	ada, bob := app.Connect("/", nil), app.Connect("/", nil)
	id := uuid.NewString()
	for _, c := range []struct {
		event string
		arg   any
		want  Refusal
	}{
		{"todo:create", map[string]any{"completed": false}, *invalid("title", "any.required", "is required")},
		{"todo:create", Todo{Title: strings.Repeat("x", maxTitle+1)}, *invalid("title", "string.max", "is too long")},
		{"todo:create", Todo{ID: id, Title: "Buy tea"}, *invalid("id", "any.unknown", "is not allowed")},
		{"todo:create", "Buy tea", *invalid("payload", "object.base", "has the wrong form")},
		{"todo:update", Todo{ID: "123", Title: "Buy tea"}, *invalid("id", "string.guid", "must be a valid GUID")},
		{"todo:update", Todo{ID: id}, *invalid("title", "any.required", "is required")},
		{"todo:read", id, *errNotFound},
		{"todo:read", "", *errNotFound},
		{"todo:delete", id, *errNotFound},
	} {
		var got Refusal
		if err := ada.EmitWithAck(c.event, &got, c.arg); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s %v: %+v, %v; want %+v", c.event, c.arg, got, err, c.want)
		}
	}
	bob.ExpectNone()
	if got := ask[[]Todo](t, ada, "todo:list"); len(got) != 0 {
		t.Errorf("listed %v", got)
	}
}
