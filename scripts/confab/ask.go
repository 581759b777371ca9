package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

// defaultURL is where `confab dev` answers.
func defaultURL() string { return "http://localhost:" + cmp.Or(os.Getenv("PORT"), "3000") }

// dev is the address of a `confab dev` that runs.
type dev string

// request makes a request below /_local/. An answer that is no success is an error with what it says.
func (d dev) request(ctx context.Context, method, path string, body []byte) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(string(d), "/")+"/_local/"+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, fmt.Errorf("confab dev does not answer at %s: %w", d, err)
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		defer response.Body.Close()
		text, _ := io.ReadAll(io.LimitReader(response.Body, 1000))
		return nil, errors.New(cmp.Or(strings.TrimSpace(string(text)), response.Status))
	}
	return response, nil
}

// ask makes a request, and decodes the answer unless that is nil.
func (d dev) ask(ctx context.Context, method, path string, body []byte, answer any) error {
	response, err := d.request(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if answer == nil {
		return nil
	}
	return json.NewDecoder(response.Body).Decode(answer)
}
