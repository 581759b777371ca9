package realtime

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/confab-chat/confab/shared/realtime/store"
	"github.com/confab-chat/confab/shared/socketio"
)

// Once is On for an effect that must not happen twice. Of all events with the same key, even
// if they arrive at once, one runs the handler, and the others get its answer. It is the
// server's half of the client's option "retries", which sends an event again until it is
// acknowledged.
//
// key identifies the request among the events of this name in the namespace. It must not
// depend on the packet, because a retry is a new packet. It must include the user, because
// anyone who names a key gets its answer. The usual key is the user's id with an id that the
// client chose. An empty key is refused with CodeBadRequest.
//
// An answer is kept for Options.OnceFor. When a handler fails, nothing is kept, so a retry
// runs it again. When its function dies, it is unknown how far the handler came, and a retry
// runs it again after store.ClaimLease. A handler that can write the key and its effect in
// one transaction, as the chat does, does not need Once. The answer cannot contain Binary.
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
		answer, err := once(ctx, s, event, k, func() ([]any, error) {
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

// once runs do for a key unless it has been done, and returns the answer.
func once(ctx context.Context, s *Socket, event, key string, do func() ([]any, error)) (Args, error) {
	srv := s.namespace.server
	id := onceID(s.namespace.name, event, key)
	attempt, err := beginOnce(ctx, srv.options, id)
	if err != nil {
		return nil, err
	}
	if attempt.Claim == "" {
		return socketio.LoadArgs(attempt.Result)
	}
	var answer []any
	err = guard(func() (err error) { answer, err = do(); return err })
	if err != nil {
		srv.log.failure(ctx, "abandon", s.connectionID, srv.options.Store.Abandon(ctx, id, attempt.Claim))
		return nil, err
	}
	// It is done, even if that cannot be recorded.
	result, err := encodeAnswer(s.namespace.name, answer)
	if err != nil {
		return nil, err
	}
	srv.log.failure(ctx, "record what is done once", s.connectionID,
		srv.options.Store.Finish(ctx, id, attempt.Claim, result, srv.options.Now().Add(srv.options.OnceFor)))
	return socketio.LoadArgs(result)
}

// encodeAnswer returns an answer as it is stored. In place of an answer that is too large to
// be sent it returns the error that says so.
func encodeAnswer(namespace string, answer []any) (json.RawMessage, error) {
	ack, err := socketio.NewAck(namespace, 0, answer...)
	if err == nil {
		_, err = framesOf(ack)
	}
	if errors.Is(err, ErrTooLarge) {
		ack, err = socketio.NewAck(namespace, 0, failure{Error: errAnswerTooLarge})
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

// beginOnce waits for the right to do something once, or for its result.
func beginOnce(ctx context.Context, o Options, id string) (store.Attempt, error) {
	backoff := lookBackoff
	backoff.For = o.AckTimeout
	for range backoff.Attempts(ctx) {
		now := o.Now()
		attempt, err := o.Store.Begin(ctx, id, now, now.Add(o.OnceFor))
		switch {
		case err == nil:
			return attempt, nil
		case !errors.Is(err, store.ErrClaimed):
			return store.Attempt{}, Unavailable(fmt.Errorf("begin once: %w", err))
		}
	}
	return store.Attempt{}, Unavailable(cmp.Or(ctx.Err(), errors.New("the same event is being handled")))
}

// onceID is a key of bounded length that reveals nothing of its parts.
func onceID(parts ...string) string {
	text, _ := json.Marshal(parts) // strings always have a JSON form
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
