package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
)

func runVersion(_ context.Context, c *call) error {
	if _, err := c.parse(0, 0); err != nil {
		return err
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return errors.New("this program was built without its version")
	}
	fmt.Fprintf(c.out, "confab %s (%s, %s/%s)\n", info.Main.Version, info.GoVersion, runtime.GOOS, runtime.GOARCH)
	return nil
}
