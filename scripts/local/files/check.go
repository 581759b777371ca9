package files

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/confab-chat/confab/shared/s3files"
)

// maxForm bounds a form, in bytes: more than any file that is allowed.
const maxForm = 6 << 30

// policy is what the signer of an upload allows.
type policy struct {
	Expiration time.Time `json:"expiration"`
	Conditions []any     `json:"conditions"`
}

// checkUpload checks a form against its policy: the signature, the time, every field, and the size.
func (h *handler) checkUpload(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseMultipartForm(1 << 20); err != nil {
		return refused("MalformedPOSTRequest", "The body of your POST request is not well-formed multipart/form-data.")
	}
	files := r.MultipartForm.File["file"]
	if len(files) != 1 {
		return refused("MalformedPOSTRequest", "POST requires exactly one file upload per request.")
	}
	fields := map[string]string{}
	for name, values := range r.MultipartForm.Value {
		fields[strings.ToLower(name)] = values[0]
	}
	credential := strings.Split(fields["x-amz-credential"], "/")
	if len(credential) != 5 || !hmac.Equal(
		[]byte(s3files.Sign(h.o.Secret, credential[1], credential[2], fields["policy"])), []byte(fields["x-amz-signature"])) {
		return refused("SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.")
	}
	var p policy
	text, err := base64.StdEncoding.DecodeString(fields["policy"])
	if err == nil {
		err = json.Unmarshal(text, &p)
	}
	if err != nil {
		return refused("AccessDenied", "Invalid according to Policy: Invalid JSON.")
	}
	if !h.o.Now().Before(p.Expiration) {
		return refused("AccessDenied", "Invalid according to Policy: Policy expired.")
	}
	if err := p.check(fields, strings.Trim(r.URL.Path, "/"), files[0].Size); err != nil {
		return err
	}
	// The engine knows only the headers' own case.
	for name, values := range maps.Clone(r.MultipartForm.Value) {
		if strings.HasPrefix(strings.ToLower(name), "x-amz-meta-") {
			r.MultipartForm.Value[textproto.CanonicalMIMEHeaderKey(name)] = values
		}
	}
	return nil
}

// check compares a form with the conditions. A field without one is refused, as on S3.
func (p policy) check(fields map[string]string, bucket string, size int64) error {
	left := maps.Clone(fields)
	for _, free := range []string{"policy", "x-amz-signature", "file"} {
		delete(left, free)
	}
	left["bucket"] = bucket
	given := maps.Clone(left)
	for _, c := range p.Conditions {
		switch c := c.(type) {
		case map[string]any:
			for name, want := range c {
				name = strings.ToLower(name)
				delete(left, name)
				if given[name] != want {
					return refused("AccessDenied", "Invalid according to Policy: Policy Condition failed: [\"eq\", \"$%s\", %q]", name, want)
				}
			}
		case []any:
			if len(c) != 3 || c[0] != "content-length-range" {
				return refused("AccessDenied", "This condition is not supported here: %v", c)
			}
			least, _ := c[1].(float64)
			most, _ := c[2].(float64)
			if float64(size) < least {
				return refused("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")
			}
			if float64(size) > most {
				return refused("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
			}
		}
	}
	if len(left) > 0 {
		return refused("AccessDenied", "Invalid according to Policy: Extra input fields: %s", slices.Sorted(maps.Keys(left))[0])
	}
	return nil
}

// checkLink checks a signed address, which allows what it was signed for.
func (h *handler) checkLink(r *http.Request) error {
	query := r.URL.Query()
	at, err := time.Parse("20060102T150405Z", query.Get("X-Amz-Date"))
	seconds, err2 := strconv.Atoi(query.Get("X-Amz-Expires"))
	if err != nil || err2 != nil {
		return refused("AuthorizationQueryParametersError", "Query-string authentication needs X-Amz-Date and X-Amz-Expires.")
	}
	if h.o.Now().After(at.Add(time.Duration(seconds) * time.Second)) {
		return refused("AccessDenied", "Request has expired")
	}
	key, _, _ := strings.Cut(query.Get("X-Amz-Credential"), "/")
	unsigned := url.Values{}
	for name, values := range query {
		if !slices.Contains([]string{"X-Amz-Signature", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-SignedHeaders"}, name) {
			unsigned[name] = values
		}
	}
	again, err := http.NewRequestWithContext(r.Context(), r.Method, "http://"+r.Host+r.URL.EscapedPath()+"?"+unsigned.Encode(), http.NoBody)
	if err != nil {
		return err
	}
	link, _, err := v4.NewSigner().PresignHTTP(r.Context(), aws.Credentials{AccessKeyID: key, SecretAccessKey: h.o.Secret}, again,
		"UNSIGNED-PAYLOAD", "s3", h.o.Region, at)
	if err != nil {
		return err
	}
	signed, err := url.Parse(link)
	if err != nil || !hmac.Equal([]byte(signed.Query().Get("X-Amz-Signature")), []byte(query.Get("X-Amz-Signature"))) {
		return refused("SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.")
	}
	return nil
}

// ifMatch has the ETag that the source of a copy must have.
const ifMatch = "X-Amz-Copy-Source-If-Match"

// checkSource checks that the source of a copy is the one that is meant.
func (h *handler) checkSource(r *http.Request) error {
	source, err := http.NewRequestWithContext(r.Context(), http.MethodHead, "/"+strings.Trim(r.Header.Get("X-Amz-Copy-Source"), "/"), http.NoBody)
	if err != nil {
		return err
	}
	w := &headOnly{header: http.Header{}, status: http.StatusOK}
	h.engine.ServeHTTP(w, source)
	if w.status == http.StatusOK && w.header.Get("Etag") != r.Header.Get(ifMatch) {
		return refused("PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
	}
	return nil // the engine says what is missing
}

// headOnly keeps an answer without its body.
type headOnly struct {
	header http.Header
	status int
}

func (w *headOnly) Header() http.Header         { return w.header }
func (w *headOnly) WriteHeader(status int)      { w.status = status }
func (w *headOnly) Write(b []byte) (int, error) { return len(b), nil }
