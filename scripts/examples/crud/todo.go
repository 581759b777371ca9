package main

import (
	"context"
	"errors"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/confab-chat/confab/shared/confab"
)

// Todo is something to do.
type Todo struct {
	ID        string `json:"id"`
	Title     string `json:"title"`
	Completed bool   `json:"completed"`
}

// Kept is one in the table. All are in one partition, in the order of their ids.
type Kept struct {
	List string `json:"list"`
	Todo
}

const (
	// list is the partition of them.
	list = "all"
	// maxTitle is the length of a title in characters.
	maxTitle = 256
)

// CRUD declares the application.
func CRUD(app *confab.App) {
	t := todos{confab.NewTable[Kept](app, "todos", confab.Key{Partition: "list", Sort: "id"}, confab.Use(confab.InEvents))}
	answer(app, "todo:create", t.create)
	answer(app, "todo:read", t.read)
	answer(app, "todo:update", t.update)
	answer(app, "todo:delete", t.remove)
	answer(app, "todo:list", t.list)
	app.Page("web")
}

type todos struct{ kept *confab.Table[Kept] }

// create adds a todo, and answers its id. Ids are in the order in which they are made, and so is the list.
func (t todos) create(ctx context.Context, s *confab.Socket, in Todo) (any, error) {
	if in.ID != "" {
		return nil, invalid("id", "any.unknown", "is not allowed")
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	in.ID = id.String()
	if err := t.put(ctx, in); err != nil {
		return nil, err
	}
	return in.ID, s.Broadcast().Emit(ctx, "todo:created", in)
}

// put writes a todo that has nothing wrong.
func (t todos) put(ctx context.Context, in Todo) error {
	switch n := utf8.RuneCountInString(in.Title); {
	case n == 0:
		return invalid("title", "any.required", "is required")
	case n > maxTitle:
		return invalid("title", "string.max", "is too long")
	}
	return t.kept.Put(ctx, Kept{list, in})
}

func (t todos) read(ctx context.Context, _ *confab.Socket, id string) (any, error) {
	found, err := t.kept.Get(ctx, list, id)
	if id == "" || errors.Is(err, confab.ErrNotFound) {
		return nil, errNotFound
	}
	return found.Todo, err
}

func (t todos) update(ctx context.Context, s *confab.Socket, in Todo) (any, error) {
	if uuid.Validate(in.ID) != nil {
		return nil, invalid("id", "string.guid", "must be a valid GUID")
	}
	if err := t.put(ctx, in); err != nil {
		return nil, err
	}
	return nil, s.Broadcast().Emit(ctx, "todo:updated", in)
}

func (t todos) remove(ctx context.Context, s *confab.Socket, id string) (any, error) {
	if _, err := t.read(ctx, s, id); err != nil {
		return nil, err
	}
	if err := t.kept.Delete(ctx, list, id); err != nil {
		return nil, err
	}
	return nil, s.Broadcast().Emit(ctx, "todo:deleted", id)
}

func (t todos) list(ctx context.Context, _ *confab.Socket, _ confab.None) (any, error) {
	all := []Todo{}
	for kept, err := range t.kept.Query(ctx, list) {
		if err != nil {
			return nil, err
		}
		all = append(all, kept.Todo)
	}
	return all, nil
}
