package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"time"
)

// viteTimeout is how long Vite may take to answer.
const viteTimeout = 30 * time.Second

// startVite serves the page in a folder by Vite's server, which replaces in the open page what is saved.
func startVite(ctx context.Context, dir string, out io.Writer) (page http.Handler, stop func(), err error) {
	if err := installPackages(ctx, dir, out); err != nil {
		return nil, nil, err
	}
	// Npx would start it below a shell, which does not pass the end on.
	vite, found := findInstalled(dir, "vite")
	if !found {
		return nil, nil, errors.New("it has a package.json, but no Vite: add vite to its devDependencies, or remove the package.json")
	}
	ctx, cancel := context.WithCancel(ctx)
	c := commandIn(ctx, dir, vite, "--host", "127.0.0.1", "--port", "0", "--clearScreen", "false")
	c.Env = append(os.Environ(), "NO_COLOR=1")
	said := &saidAddress{rest: out, found: make(chan string, 1)}
	c.Stdout, c.Stderr = said, said
	if err := c.Start(); err != nil {
		cancel()
		return nil, nil, err
	}
	ended := make(chan struct{})
	go func() {
		_ = c.Wait()
		close(ended)
	}()
	stop = func() {
		cancel()
		<-ended
	}
	select {
	case address := <-said.found:
		return forwardTo(address), stop, nil
	case <-ended:
		stop()
		return nil, nil, errors.New("its server ended; what it said is above")
	case <-time.After(viteTimeout):
		stop()
		return nil, nil, fmt.Errorf("its server said no address within %v", viteTimeout)
	}
}

// saidAddress finds the address in what Vite says when it is ready, and passes the rest on: errors, mostly.
type saidAddress struct {
	rest  io.Writer
	found chan string
	ready bool
}

var localAddress = regexp.MustCompile(`http://(127\.0\.0\.1:\d+)/`)

// Write implements io.Writer.
func (s *saidAddress) Write(text []byte) (int, error) {
	if s.ready {
		return s.rest.Write(text)
	}
	if match := localAddress.FindSubmatch(text); match != nil {
		s.ready = true
		s.found <- string(match[1])
		return len(text), nil
	}
	if !bytes.Contains(text, []byte("VITE")) && len(bytes.TrimSpace(text)) > 0 {
		return s.rest.Write(text)
	}
	return len(text), nil
}

// forwardTo forwards requests, WebSockets too, to Vite, and adds the script to pages.
func forwardTo(address string) http.Handler {
	to := &url.URL{Scheme: "http", Host: address}
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Header.Del("Accept-Encoding") // what is added to must be readable
			if r.Out.Header.Get("Origin") != "" {
				r.Out.Header.Set("Origin", to.String()) // Vite refuses others
			}
		},
		ModifyResponse: func(r *http.Response) error {
			if !isHTML(r.Header) {
				return nil
			}
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return err
			}
			_ = r.Body.Close()
			body = withScript(body)
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			r.Header.Set("Content-Length", strconv.Itoa(len(body)))
			return nil
		},
	}
}
