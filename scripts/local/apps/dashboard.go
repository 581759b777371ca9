package apps

import (
	"context"

	"github.com/confab-chat/confab/shared/realtime"
)

// Dashboard has two namespaces: administrators publish figures with a picture in /admin, and
// everyone sees them in /public. It stores nothing: to get the picture, it asks an
// administrator.
func Dashboard(srv *realtime.Server) {
	public, admin := srv.Of("/public"), srv.Of("/admin")

	admin.Use(func(_ context.Context, s *realtime.Socket) error {
		var auth struct{ Password string }
		if err := s.Handshake().DecodeAuth(&auth); err != nil || auth.Password != "open sesame" {
			return realtime.Errorf("unauthorized", "Administrators only.").Because(err)
		}
		return nil
	})
	admin.OnConnection(func(ctx context.Context, s *realtime.Socket) error {
		viewers, err := public.FetchSockets(ctx)
		ids := []string{}
		for _, v := range viewers {
			ids = append(ids, v.ID)
		}
		if err != nil {
			return err
		}
		return s.Emit(ctx, "viewers", ids)
	})

	type figures struct {
		Title   string          `json:"title"`
		Numbers []float64       `json:"numbers"`
		Picture realtime.Binary `json:"picture"`
	}
	realtime.On(admin, "publish", func(ctx context.Context, _ *realtime.Socket, f figures) (int, error) {
		seen, err := public.Timeout(answerTimeout).EmitWithAck(ctx, "figures", f)
		return len(seen), err
	})
	realtime.On(public, "picture", func(ctx context.Context, _ *realtime.Socket, _ realtime.None) (realtime.Binary, error) {
		answers, err := admin.Timeout(answerTimeout).EmitWithAck(ctx, "picture")
		if err != nil || len(answers) == 0 {
			return nil, realtime.Errorf("no_administrator", "There is no picture now.").Because(err)
		}
		var picture realtime.Binary
		err = answers[0].Args.Decode(0, &picture)
		return picture, err
	})

	public.OnConnection(func(ctx context.Context, s *realtime.Socket) error {
		return admin.Emit(ctx, "viewer joined", s.ID())
	})
	public.OnDisconnect(func(ctx context.Context, s *realtime.Socket, _ realtime.Reason) error {
		return admin.Emit(ctx, "viewer left", s.ID())
	})
}
