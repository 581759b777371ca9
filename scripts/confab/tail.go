package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/confab-chat/confab/scripts/local/dashboard"
)

func runTail(ctx context.Context, c *call) error {
	url := c.flags.String("url", defaultURL(), "where confab dev answers")
	if _, err := c.parse(0, 0); err != nil {
		return err
	}
	response, err := dev(*url).request(ctx, http.MethodGet, "events", nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		var e dashboard.Entry
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok && json.Unmarshal([]byte(data), &e) == nil && e.Kind == "line" {
			fmt.Fprintf(c.out, "%s  %-8.8s  %s\n", e.At.Format("15:04:05.000"), e.Connection, e.Text)
		}
	}
	if ctx.Err() != nil {
		return nil
	}
	return lines.Err()
}
