// Command echo is a function for the tests of package process.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
)

var invocations, ticks atomic.Int64

func main() {
	if os.Getenv("WHO") == "nobody" {
		fail()
	}
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
		case "memory":
			return os.Getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"), nil
		case "ticks":
			return fmt.Sprint(ticks.Load()), nil
		}
		return fmt.Sprintf("%s %d %s", what, n, os.Getenv("WHO")), nil
	})
}

// fail reports that the function cannot run, and ends it, as the Runtime API asks.
func fail() {
	reason := strings.NewReader(`{"errorType":"Config.Missing","errorMessage":"there is nobody"}`)
	url := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/init/error"
	if _, err := http.Post(url, "application/json", reason); err != nil {
		panic(err)
	}
	os.Exit(1)
}
