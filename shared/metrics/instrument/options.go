package instrument

import (
	"context"
	"errors"
	"time"

	"github.com/confab-chat/confab/shared/metrics"
	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/realtime/store"
)

// Options returns a server's options whose Store, Gateway and Handover count.
func Options(o realtime.Options, r *metrics.Recorder) realtime.Options {
	o.Store = &countingStore{o.Store, r}
	o.Gateway = &gateway{o.Gateway, r}
	if o.Handover != nil {
		o.Handover = &handover{o.Handover, r}
	}
	return o
}

type gateway struct {
	realtime.Gateway
	recorder *metrics.Recorder
}

// Post implements realtime.Gateway.
func (g *gateway) Post(ctx context.Context, connectionID string, frame []byte) error {
	start := time.Now()
	err := g.Gateway.Post(ctx, connectionID, frame)
	g.recorder.Slowest(time.Since(start))
	g.recorder.Add(metrics.Posts, 1)
	switch {
	case errors.Is(err, realtime.ErrGone):
		g.recorder.Add(metrics.PostsGone, 1)
	case errors.Is(err, realtime.ErrBusy), errors.Is(err, realtime.ErrUnanswered):
		g.recorder.Add(metrics.PostsBusy, 1)
	}
	return err
}

type handover struct {
	realtime.Handover
	recorder *metrics.Recorder
}

// HandOver implements realtime.Handover.
func (h *handover) HandOver(ctx context.Context, d realtime.Delivery) error {
	err := h.Handover.HandOver(ctx, d)
	if err == nil {
		h.recorder.HandedOver(len(d.Members))
	}
	return err
}

type countingStore struct {
	store.Store
	recorder *metrics.Recorder
}

// PutConnection implements store.Store.
func (s *countingStore) PutConnection(ctx context.Context, c store.Connection) error {
	err := s.Store.PutConnection(ctx, c)
	if err == nil {
		s.recorder.Add(metrics.ConnectionsOpened, 1)
	}
	return err
}

// RemoveConnection implements store.Store.
func (s *countingStore) RemoveConnection(ctx context.Context, id string) error {
	err := s.Store.RemoveConnection(ctx, id)
	if err == nil {
		s.recorder.Add(metrics.ConnectionsEnded, 1)
	}
	return err
}

// Slot implements store.Store.
func (s *countingStore) Slot(ctx context.Context, slot, part int, visit store.Visit) error {
	return s.Store.Slot(ctx, slot, part, func(page []store.Connection, more bool) error {
		err := visit(page, more)
		if err == nil { // not if another function visits them
			s.recorder.Add(metrics.ConnectionsSwept, float64(len(page)))
		}
		return err
	})
}
