// Command echo is a function for the tests of package process.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
)

var invocations, ticks atomic.Int64

func main() {
	go func() { // what runs while the process is not frozen
		for range time.Tick(time.Millisecond) {
			ticks.Add(1)
		}
	}()
	lambda.Start(func(ctx context.Context, what string) (string, error) {
		n := invocations.Add(1)
		switch what {
		case "fail":
			return "", errors.New("on purpose")
		case "exit":
			os.Exit(3)
		case "hang":
			time.Sleep(time.Hour)
		case "sleep":
			time.Sleep(100 * time.Millisecond)
		case "ticks":
			return fmt.Sprint(ticks.Load()), nil
		}
		return fmt.Sprintf("%s %d %s", what, n, os.Getenv("WHO")), nil
	})
}
