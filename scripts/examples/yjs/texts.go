package main

import (
	"context"
	"regexp"

	"github.com/confab-chat/confab/shared/confab"
)

// Clocks say how much is known of what each of Yjs's clients has written. Those of a document are its state vector.
type Clocks map[string]int64

// Update is a change of a text, as Yjs encodes it. The server does not look into it.
type Update struct {
	Text string `json:"text"`
	// ID is the client's, so an update that is sent again is the same one.
	ID string `json:"id"`
	// Clocks are those after the update, of the clients that have written something in it. One that only deletes has none.
	Clocks Clocks `json:"clocks"`
	// Data is binary in an event, and so in the table.
	Data confab.Binary `json:"data"`
}

// Request asks for what a client does not know yet of a text.
type Request struct {
	Text string `json:"text"`
	// Known is the state vector of the client's document.
	Known Clocks `json:"known"`
}

const (
	// maxUpdate bounds an update's data: a client's message has 32 KB, and takes four bytes for three.
	maxUpdate = 16 << 10
	maxClocks = 100
	// batch is how many bytes of updates a client gets at once.
	batch = 64 << 10
)

var (
	textNames  = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)
	updateIDs  = regexp.MustCompile(`^[a-zA-Z0-9-]{1,40}$`)
	errBadText = confab.Errorf("bad_text", "A text's name has up to 40 of a-z, 0-9 and \"-\".")
)

// Texts declares the application.
func Texts(app *confab.App) {
	t := texts{confab.NewTable[Update](app, "updates", confab.Key{Partition: "text", Sort: "id"},
		confab.Use(confab.InEvents), confab.Only("PutItem", "Query"))}
	confab.On(app, "open", t.open)
	confab.On(app, "update", t.update)
	app.Page("web")
}

type texts struct{ updates *confab.Table[Update] }

// open sends a client the updates that it does not know, and those that come from now on. Their order does not
// matter to Yjs, nor that one comes twice.
func (t texts) open(ctx context.Context, s *confab.Socket, in Request) (count int, err error) {
	if !textNames.MatchString(in.Text) {
		return 0, errBadText
	}
	if err := s.Join(ctx, in.Text); err != nil {
		return 0, err
	}
	// In JSON they are base64. As binary data, each would be a frame of its own, which is a call.
	var waiting [][]byte
	size := 0
	for u, err := range t.updates.Query(ctx, in.Text) {
		switch {
		case err != nil:
			return 0, err
		case in.Known.cover(u.Clocks):
			continue
		}
		count++
		waiting, size = append(waiting, u.Data), size+len(u.Data)
		if size >= batch {
			if err := s.Emit(ctx, "updates", waiting); err != nil {
				return 0, err
			}
			waiting, size = nil, 0
		}
	}
	if len(waiting) == 0 {
		return count, nil
	}
	return count, s.Emit(ctx, "updates", waiting)
}

// cover reports whether a document with these clocks has an update with others in it. Deletions have no clocks, so an
// update that only deletes is never covered.
func (known Clocks) cover(others Clocks) bool {
	for client, clock := range others {
		if known[client] < clock {
			return false
		}
	}
	return len(others) > 0
}

// update stores an update, and shows it to all others who have the text open.
func (t texts) update(ctx context.Context, s *confab.Socket, in Update) (confab.None, error) {
	switch {
	case !textNames.MatchString(in.Text):
		return confab.None{}, errBadText
	case !updateIDs.MatchString(in.ID), len(in.Data) == 0, len(in.Data) > maxUpdate, len(in.Clocks) > maxClocks:
		return confab.None{}, confab.Errorf("bad_update", "An update needs an id, and 1 to %d bytes.", maxUpdate)
	}
	if err := t.updates.Put(ctx, in); err != nil {
		return confab.None{}, err
	}
	return confab.None{}, s.To(in.Text).Emit(ctx, "update", in.Data)
}
