// Package files stands in for the buckets of S3. An S3-compatible engine keeps what is uploaded; in
// front of it stands what the engine leaves out: the signatures, the policies of uploads, and the
// conditions of copies. Enter
// at [New].
package files

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3afero"
	"github.com/spf13/afero"
)

// Options configure the buckets.
type Options struct {
	// Dir is a folder that keeps them. Empty: they are in memory.
	Dir string
	// Buckets are their names.
	Buckets []string
	// Secret is the secret key with which everybody signs.
	Secret string
	Region string
	// Authorize says whether who signs with a key may perform an action on a resource, by its ARN. Nil:
	// everybody may do everything.
	Authorize func(key, action, resource string) bool
	// Count is told of each request that may be made: the key with which it is signed, and the operation
	// of S3, such as HeadObject. Nil: nobody counts.
	Count func(key, operation string, failed bool)
	// Now is the clock: time.Now.
	Now func() time.Time
}

// handler checks a request as S3 does, and has the engine carry it out.
type handler struct {
	o      Options
	engine http.Handler
}

// New returns a handler that serves buckets in the path style, each with CORS for every origin.
func New(o Options) (http.Handler, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	var fs afero.Fs = afero.NewMemMapFs()
	if o.Dir != "" {
		if err := os.MkdirAll(filepath.Clean(o.Dir), 0o700); err != nil {
			return nil, err
		}
		fs = afero.NewBasePathFs(afero.NewOsFs(), o.Dir)
	}
	backend, err := s3afero.MultiBucket(fs)
	if err != nil {
		return nil, err
	}
	for _, name := range o.Buckets {
		if exists, err := backend.BucketExists(name); err != nil || exists {
			if err != nil {
				return nil, err
			}
			continue
		}
		if err := backend.CreateBucket(name); err != nil {
			return nil, fmt.Errorf("bucket %s: %w", name, err)
		}
	}
	return &handler{o, gofakes3.New(backend, gofakes3.WithTimeSkewLimit(0)).Server()}, nil
}

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var err error
	switch {
	case r.Method == http.MethodOptions:
	case r.Method == http.MethodPost:
		err = h.checkUpload(w, r)
	case r.URL.Query().Has("X-Amz-Signature"):
		err = h.checkLink(r)
	case !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 "): // the functions' own calls
		err = refused("AccessDenied", "Access Denied")
	}
	if err == nil && r.Method != http.MethodOptions {
		err = h.authorize(r)
	}
	if err == nil && r.Header.Get(ifMatch) != "" {
		err = h.checkSource(r)
	}
	if err != nil {
		h.refuse(w, err)
		return
	}
	answer := &answerWriter{ResponseWriter: w}
	h.engine.ServeHTTP(answer, r)
	if key, operation := signerOf(r), operationOf(r); h.o.Count != nil && operation != "" {
		h.o.Count(key, operation, answer.status >= http.StatusBadRequest)
	}
}

// answerWriter knows the status of an answer.
type answerWriter struct {
	http.ResponseWriter
	status int
}

func (w *answerWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// refusal is an error of S3.
type refusal struct {
	XMLName xml.Name `xml:"Error"`
	Code    string
	Message string
}

func (e *refusal) Error() string { return e.Code + ": " + e.Message }

func refused(code, format string, values ...any) error {
	return &refusal{Code: code, Message: fmt.Sprintf(format, values...)}
}

func (h *handler) refuse(w http.ResponseWriter, err error) {
	status := http.StatusForbidden
	if e, ok := err.(*refusal); ok {
		switch {
		case strings.HasPrefix(e.Code, "Entity"), e.Code == "MalformedPOSTRequest":
			status = http.StatusBadRequest
		case e.Code == "PreconditionFailed":
			status = http.StatusPreconditionFailed
		}
	}
	w.Header().Set("Access-Control-Allow-Origin", "*") // so that the page can read what is wrong
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_ = xml.NewEncoder(w).Encode(err)
}
