package admin

import (
	"context"
	"time"

	"github.com/confab-chat/confab/shared/realtime"
)

// How often passwords may be tried in a window, from one address and for one name. Each try
// counts before its password is compared, so that many at once are not more, and the right
// password counts too. The bound for a name is larger, because reaching it keeps the admin
// out as well, until the window ends. A session is not bounded.
const (
	tryWindow     = 15 * time.Minute
	triesOfOrigin = 10
	triesOfName   = 100
)

var errTooMany = realtime.Errorf(realtime.CodeRateLimited, "Too many passwords were tried. Try again in %d minutes.", int(tryWindow.Minutes()))

// countTry counts a try in all functions together, and returns an error if it is one too
// many. A name of no admin counts only for its address: it cannot be guessed.
func (a *admin) countTry(ctx context.Context, address, name string) error {
	counts := []struct {
		key   string
		bound int64
	}{{"admin address " + address, triesOfOrigin}, {"admin name " + name, triesOfName}}
	if name != a.options.Username {
		counts = counts[:1]
	}
	for _, c := range counts {
		n, err := a.server.Count(ctx, c.key, tryWindow)
		if err != nil {
			return err
		}
		if n > c.bound {
			return errTooMany
		}
	}
	return nil
}
