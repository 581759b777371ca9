package files

import (
	"net/http"
	"regexp"
	"strings"
)

// inHeader finds the access key of a signed call.
var inHeader = regexp.MustCompile(`Credential=([^/]+)/`)

// authorize asks whether the signer of a request may do what it does.
func (h *handler) authorize(r *http.Request) error {
	if h.o.Authorize == nil {
		return nil
	}
	bucketAndKey := strings.Trim(r.URL.Path, "/")
	bucket, _, _ := strings.Cut(bucketAndKey, "/")
	key := ""
	if found := inHeader.FindStringSubmatch(r.Header.Get("Authorization")); found != nil {
		key = found[1]
	}
	type request struct{ action, resource string }
	var requests []request
	switch source := r.Header.Get("X-Amz-Copy-Source"); r.Method {
	case http.MethodPost:
		key, _, _ = strings.Cut(r.FormValue("x-amz-credential"), "/")
		requests = []request{{"PutObject", bucketAndKey + "/" + r.FormValue("key")}}
	case http.MethodPut:
		requests = []request{{"PutObject", bucketAndKey}, {"GetObject", strings.Trim(source, "/")}}
	case http.MethodDelete:
		requests = []request{{"DeleteObject", bucketAndKey}}
	case http.MethodGet:
		key, _, _ = strings.Cut(r.URL.Query().Get("X-Amz-Credential"), "/")
		requests = []request{{"GetObject", bucketAndKey}}
	case http.MethodHead: // who may not list cannot learn that an object is missing
		requests = []request{{"GetObject", bucketAndKey}, {"ListBucket", bucket}}
	}
	for _, q := range requests {
		if !h.o.Authorize(key, "s3:"+q.action, "arn:aws:s3:::"+q.resource) {
			return refused("AccessDenied", "%s is not authorized to perform s3:%s on %s", key, q.action, q.resource)
		}
	}
	return nil
}
