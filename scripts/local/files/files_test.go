package files

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/s3files"
)

// bucket is a bucket with the store that signs for it.
type bucket struct {
	*testing.T
	url   string
	store *s3files.Store
	now   time.Time
	// before is called before each call of the store.
	before func(*http.Request)
	// denied are the actions that nobody may perform.
	denied []string
}

func (b *bucket) RoundTrip(r *http.Request) (*http.Response, error) {
	if b.before != nil {
		b.before(r)
	}
	return http.DefaultTransport.RoundTrip(r)
}

func newBucket(t *testing.T) *bucket {
	b := &bucket{T: t, now: time.Now()}
	now := func() time.Time { return b.now }
	handler, err := New(Options{
		Buckets: []string{"attachments"}, Secret: "secret", Region: "eu-west-1", Now: now,
		Authorize: func(_, action, _ string) bool { return !slices.Contains(b.denied, action) },
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	b.url = server.URL + "/attachments"
	b.store, err = s3files.New(s3files.Options{
		Bucket: "attachments", URL: b.url, Region: "eu-west-1", Transport: b, Now: now,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret"}, nil
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var (
	place = chat.FilePlace{RoomID: "r", UserID: "ada", ID: "one"}
	page  = chat.File{Name: "naïve plan.html", Type: "text/html", Size: 5}
)

// offer returns the form for a page of five bytes.
func (b *bucket) offer() chat.Upload {
	b.Helper()
	upload, err := b.store.Offer(b.Context(), place, page)
	if err != nil {
		b.Fatal(err)
	}
	return upload
}

// upload sends a form and returns the answer's status and body.
func (b *bucket) upload(fields map[string]string, content string) (int, string) {
	b.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, value := range fields {
		_ = form.WriteField(name, value)
	}
	file, _ := form.CreateFormFile("file", "any")
	_, _ = io.WriteString(file, content)
	_ = form.Close()
	return b.do(http.MethodPost, b.url+"/", form.FormDataContentType(), &body)
}

func (b *bucket) do(method, url, contentType string, body io.Reader) (int, string) {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), method, url, body)
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		b.Fatal(err)
	}
	if answer.StatusCode == http.StatusOK {
		text = fmt.Append(nil, answer.Header.Get("Content-Type"), " ", answer.Header.Get("Content-Disposition"), " ", string(text))
	}
	return answer.StatusCode, string(text)
}

// read reads the kept file by a link.
func (b *bucket) read() (int, string) {
	b.Helper()
	link, until, err := b.store.Link(b.Context(), place.RoomID, place.ID)
	if err != nil || !until.Equal(b.now.Add(15*time.Minute)) {
		b.Fatalf("a link until %v (now %v), %v", until, b.now, err)
	}
	return b.do(http.MethodGet, link, "", nil)
}

const download = "text/html attachment; filename*=UTF-8''na%C3%AFve%20plan.html hello"

func TestWhatWasUploadedByAFormIsKeptAndReadByALink(t *testing.T) {
	b := newBucket(t)
	if status, text := b.upload(b.offer().Fields, "hello"); status/100 != 2 {
		t.Fatalf("the upload got %d %s", status, text)
	}
	if status, _ := b.read(); status != http.StatusNotFound {
		t.Fatalf("before it is kept, a link got %d", status)
	}
	for range 2 { // a repetition changes nothing
		if kept, err := b.store.Keep(t.Context(), place); err != nil || kept != page {
			t.Fatalf("kept %+v, %v; want %+v", kept, err, page)
		}
	}
	if status, text := b.read(); status != http.StatusOK || text != download {
		t.Fatalf("read %d %q, want %q", status, text, download)
	}
	for range 2 {
		if err := b.store.Remove(t.Context(), place); err != nil {
			t.Fatal(err)
		}
	}
	if status, _ := b.read(); status != http.StatusNotFound {
		t.Fatalf("after it was removed, a link got %d", status)
	}
	if _, err := b.store.Keep(t.Context(), place); !errors.Is(err, chat.ErrNoFile) {
		t.Fatalf("to keep what was removed got %v", err)
	}
}

func TestAFormCannotReplaceWhatWasKept(t *testing.T) {
	b := newBucket(t)
	fields := b.offer().Fields
	b.upload(fields, "hello")
	if _, err := b.store.Keep(t.Context(), place); err != nil {
		t.Fatal(err)
	}
	b.upload(fields, "other")
	if _, text := b.read(); text != download {
		t.Fatalf("read %q, want %q", text, download)
	}
}

func TestAFileThatChangesWhileItIsKeptIsNotKept(t *testing.T) {
	b := newBucket(t)
	fields := b.offer().Fields
	b.upload(fields, "hello")
	b.before = func(r *http.Request) {
		if r.Method == http.MethodPut {
			b.upload(fields, "other")
		}
	}
	if _, err := b.store.Keep(t.Context(), place); err == nil || errors.Is(err, chat.ErrNoFile) {
		t.Fatalf("got %v, want that the condition failed", err)
	}
}

func TestOnlyTheUploaderKeepsAFileAlsoAgain(t *testing.T) {
	b := newBucket(t)
	b.upload(b.offer().Fields, "hello")
	stranger := chat.FilePlace{RoomID: "r", UserID: "bob", ID: "one"}
	if _, err := b.store.Keep(t.Context(), stranger); !errors.Is(err, chat.ErrNoFile) {
		t.Fatalf("another one got %v", err)
	}
	if _, err := b.store.Keep(t.Context(), place); err != nil {
		t.Fatal(err)
	}
	b.before = func(r *http.Request) { // the bucket has emptied pending/
		if strings.Contains(r.URL.Path, "/pending/") {
			r.URL.Path, r.URL.RawPath = r.URL.Path+"-gone", ""
		}
	}
	if _, err := b.store.Keep(t.Context(), stranger); !errors.Is(err, chat.ErrNoFile) {
		t.Fatalf("another one got %v of what is kept", err)
	}
	if kept, err := b.store.Keep(t.Context(), place); err != nil || kept != page {
		t.Fatalf("a repetition after a day got %+v, %v", kept, err)
	}
}

func TestAFormUploadsWhatItSaysAndNothingElse(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(*bucket, map[string]string)
		content string
		want    string
	}{
		"another size, smaller": {content: "hell", want: "EntityTooSmall"},
		"another size, larger":  {content: "hello!", want: "EntityTooLarge"},
		"another type":          {change: func(_ *bucket, f map[string]string) { f["Content-Type"] = "image/png" }, want: "Policy Condition failed"},
		"another key":           {change: func(_ *bucket, f map[string]string) { f["key"] = "kept/r/one" }, want: "Policy Condition failed"},
		"shown in the browser":  {change: func(_ *bucket, f map[string]string) { f["Content-Disposition"] = "inline" }, want: "Policy Condition failed"},
		"another uploader":      {change: func(_ *bucket, f map[string]string) { f["x-amz-meta-uploader"] = "bob" }, want: "Policy Condition failed"},
		"one field more":        {change: func(_ *bucket, f map[string]string) { f["acl"] = "public-read" }, want: "Extra input fields: acl"},
		"one field less":        {change: func(_ *bucket, f map[string]string) { delete(f, "Content-Disposition") }, want: "Policy Condition failed"},
		"another policy":        {change: func(_ *bucket, f map[string]string) { f["policy"] = "e30=" }, want: "SignatureDoesNotMatch"},
		"no signature":          {change: func(_ *bucket, f map[string]string) { delete(f, "x-amz-signature") }, want: "SignatureDoesNotMatch"},
		"an hour later":         {change: func(b *bucket, _ map[string]string) { b.now = b.now.Add(time.Hour) }, want: "Policy expired"},
		"no right to write":     {change: func(b *bucket, _ map[string]string) { b.denied = []string{"s3:PutObject"} }, want: "not authorized"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBucket(t)
			fields := maps.Clone(b.offer().Fields)
			if c.change != nil {
				c.change(b, fields)
			}
			content := c.content
			if content == "" {
				content = "hello"
			}
			if status, text := b.upload(fields, content); status/100 != 4 || !strings.Contains(text, c.want) {
				t.Errorf("got %d %s, want %s", status, text, c.want)
			}
		})
	}
}

func TestALinkReadsOneFileForAQuarterOfAnHour(t *testing.T) {
	b := newBucket(t)
	b.upload(b.offer().Fields, "hello")
	if _, err := b.store.Keep(t.Context(), place); err != nil {
		t.Fatal(err)
	}
	link, _, err := b.store.Link(t.Context(), place.RoomID, place.ID)
	if err != nil {
		t.Fatal(err)
	}
	pending := strings.Replace(link, "/kept/r/one", "/pending/r/ada/one", 1)
	unsigned, _, _ := strings.Cut(link, "?")
	for name, request := range map[string][2]string{
		"another file": {http.MethodGet, pending},
		"longer":       {http.MethodGet, strings.Replace(link, "X-Amz-Expires=900", "X-Amz-Expires=9000", 1)},
		"unsigned":     {http.MethodGet, unsigned},
		"to delete":    {http.MethodDelete, link},
	} {
		if status, text := b.do(request[0], request[1], "", nil); status != http.StatusForbidden {
			t.Errorf("%s: got %d %s", name, status, text)
		}
	}
	b.now = b.now.Add(15*time.Minute + time.Second)
	if status, text := b.do(http.MethodGet, link, "", nil); status != http.StatusForbidden || !strings.Contains(text, "expired") {
		t.Errorf("later: got %d %s", status, text)
	}
}

func TestWithoutAGrantTheStoreIsRefused(t *testing.T) {
	b := newBucket(t)
	b.upload(b.offer().Fields, "hello")
	for _, action := range []string{"s3:GetObject", "s3:PutObject", "s3:ListBucket"} {
		b.denied = []string{action}
		if _, err := b.store.Keep(t.Context(), place); err == nil || errors.Is(err, chat.ErrNoFile) {
			t.Errorf("without %s, to keep a file got %v", action, err)
		}
	}
	b.denied = []string{"s3:DeleteObject"}
	if err := b.store.Remove(t.Context(), place); err == nil {
		t.Error("without s3:DeleteObject, a file was removed")
	}
}

func TestFilesInAFolderOutliveTheProcess(t *testing.T) {
	dir := t.TempDir()
	for _, want := range []int{http.StatusNotFound, http.StatusOK} {
		handler, err := New(Options{Dir: dir, Buckets: []string{"attachments"}, Secret: "secret", Region: "eu-west-1"})
		if err != nil {
			t.Fatal(err)
		}
		call := func(method string, body io.Reader) int {
			r := httptest.NewRequestWithContext(t.Context(), method, "/attachments/kept/r/one", body)
			r.Header.Set("Content-Length", "5")
			r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/")
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			return w.Code
		}
		if got := call(http.MethodHead, http.NoBody); got != want {
			t.Errorf("got %d, want %d", got, want)
		}
		if got := call(http.MethodPut, strings.NewReader("hello")); got != http.StatusOK {
			t.Errorf("to write got %d", got)
		}
	}
}
