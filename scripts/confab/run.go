package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

func runRun(ctx context.Context, c *call) error {
	address := c.flags.String("url", defaultURL(), "where confab dev answers")
	names, err := c.parse(1, 1)
	if err != nil {
		return err
	}
	if err := dev(*address).ask(ctx, http.MethodPost, "schedules/"+url.PathEscape(names[0]), nil, nil); err != nil {
		return err
	}
	fmt.Fprintf(c.out, "started %s; confab dev says when it has run\n", names[0])
	return nil
}
