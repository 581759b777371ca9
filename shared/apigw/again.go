package apigw

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/confab-chat/confab/shared/awsapi"
	"github.com/confab-chat/confab/shared/wait"
)

// again is when a call is made again that a service did not take.
var again = wait.Backoff{First: 50 * time.Millisecond, Times: 3, Jitter: true}

// postAgain makes a POST until the service has taken it, a few times. It stops when the service says that
// it never will.
func postAgain(ctx context.Context, c *awsapi.Client, path string, header http.Header, body []byte) (err error) {
	for range again.Attempts(ctx) {
		var refused *awsapi.Error
		err = c.Call(ctx, http.MethodPost, path, header, body)
		if err == nil || errors.As(err, &refused) && !refused.Temporary() {
			return err
		}
	}
	return err
}
