package realtime

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/socketio"
)

// Once is On for an effect that must not happen twice: of all events with the same
// key, also when they come at once, one runs the handler, and every other gets its
// answer. It is the server's half of the client's option retries, which sends an
// event again until it is acknowledged.
//
// key names the event among all of its name in the namespace. It belongs to the
// request and not to its sending, because a retry is a packet of its own; and it
// has to hold who asks, because whoever names a key gets its answer. The usual one is
// the user's id and an id that the client chose. An empty key is refused with
// CodeBadRequest.
//
// An answer is kept for Options.OnceFor. A handler that fails leaves nothing behind,
// so that a retry runs it again. If its function dies, nobody knows how far it came:
// then a retry runs it again after ClaimLease. A handler that can write the key and
// its effect in one transaction, as the chat does, needs no Once. The answer may hold
// no Binary.
func Once[In, Out any](r Registrar, event string, key func(s *Socket, in In) string,
	handle func(ctx context.Context, s *Socket, in In) (Out, error),
) {
	r.Handle(event, func(ctx context.Context, s *Socket, e *Event) error {
		in, err := argument[In](e)
		if err != nil {
			return err
		}
		k := key(s, in)
		if k == "" {
			return Errorf(CodeBadRequest, "The argument of %q has no key.", event)
		}
		answer, err := s.once(ctx, event, k, func() ([]any, error) {
			out, err := handle(ctx, s, in)
			if _, none := any(out).(None); none || err != nil {
				return nil, err
			}
			return []any{out}, nil
		})
		if err != nil {
			return err
		}
		e.Ack(answer.Any()...)
		return nil
	})
}

// once does something for a key unless it has been done, and returns what came of it.
func (s *Socket) once(ctx context.Context, event, key string, do func() ([]any, error)) (Args, error) {
	srv := s.namespace.server
	id := onceID(s.namespace.name, event, key)
	attempt, err := s.begin(ctx, id)
	if err != nil {
		return nil, err
	}
	if attempt.Claim == "" {
		return socketio.LoadArgs(attempt.Result)
	}
	var answer []any
	err = guard(func() (err error) { answer, err = do(); return err })
	if err != nil {
		srv.logError(ctx, "abandon", s.connectionID, srv.options.Store.Abandon(ctx, id, attempt.Claim))
		return nil, err
	}
	// It is done, whether that can be noted or not.
	result, err := s.result(answer)
	if err != nil {
		return nil, err
	}
	srv.logError(ctx, "note what is done once", s.connectionID,
		srv.options.Store.Finish(ctx, id, attempt.Claim, result, srv.options.Now().Add(srv.options.OnceFor)))
	return socketio.LoadArgs(result)
}

// result is an answer as it is stored, or in the place of one that cannot be sent the error
// that says so.
func (s *Socket) result(answer []any) (json.RawMessage, error) {
	ack, err := socketio.NewAck(s.namespace.name, 0, answer...)
	if err == nil {
		_, err = framesOf(ack)
	}
	if errors.Is(err, ErrTooLarge) {
		ack, err = socketio.NewAck(s.namespace.name, 0, failure{Error: errAnswerTooLarge})
	}
	if err != nil {
		return nil, err
	}
	args, err := ack.Args()
	if err != nil {
		return nil, err
	}
	return args.Save()
}

// begin waits for the right to do something once, or for its result.
func (s *Socket) begin(ctx context.Context, id string) (store.Attempt, error) {
	o := s.namespace.server.options
	deadline := time.Now().Add(o.AckTimeout)
	for wait := 25 * time.Millisecond; ; wait = min(wait*3/2, lastLook) {
		now := o.Now()
		attempt, err := o.Store.Begin(ctx, id, now, now.Add(o.OnceFor))
		switch {
		case err == nil:
			return attempt, nil
		case !errors.Is(err, store.ErrClaimed):
			return store.Attempt{}, Unavailable(fmt.Errorf("begin once: %w", err))
		case time.Now().After(deadline):
			return store.Attempt{}, Unavailable(errors.New("the same event is being handled"))
		}
		if err := sleep(ctx, wait); err != nil {
			return store.Attempt{}, Unavailable(err)
		}
	}
}

// onceID is a key of bounded length that tells nothing of what it names.
func onceID(parts ...string) string {
	text, _ := json.Marshal(parts) // strings always have a JSON form
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
