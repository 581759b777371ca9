package files

import (
	"net/http"
	"regexp"
	"strings"
)

// inHeader finds the access key of a signed call.
var inHeader = regexp.MustCompile(`Credential=([^/]+)/`)

// signerOf returns the access key with which a request is signed: a call, a form, or an address.
func signerOf(r *http.Request) string {
	if found := inHeader.FindStringSubmatch(r.Header.Get("Authorization")); found != nil {
		return found[1]
	}
	credential := r.URL.Query().Get("X-Amz-Credential")
	if r.Method == http.MethodPost {
		credential = r.FormValue("x-amz-credential")
	}
	key, _, _ := strings.Cut(credential, "/")
	return key
}

// operationOf returns the name that S3 has for a request, or nothing for what it does not bill.
func operationOf(r *http.Request) string {
	switch {
	case r.Method == http.MethodPost:
		return "PostObject"
	case r.Method == http.MethodPut && r.Header.Get("X-Amz-Copy-Source") != "":
		return "CopyObject"
	}
	return map[string]string{
		http.MethodGet: "GetObject", http.MethodHead: "HeadObject", http.MethodPut: "PutObject", http.MethodDelete: "DeleteObject",
	}[r.Method]
}

// authorize asks whether the signer of a request may do what it does.
func (h *handler) authorize(r *http.Request) error {
	if h.o.Authorize == nil {
		return nil
	}
	bucketAndKey := strings.Trim(r.URL.Path, "/")
	bucket, _, _ := strings.Cut(bucketAndKey, "/")
	key := signerOf(r)
	type request struct{ action, resource string }
	var requests []request
	switch source := r.Header.Get("X-Amz-Copy-Source"); r.Method {
	case http.MethodPost:
		requests = []request{{"PutObject", bucketAndKey + "/" + r.FormValue("key")}}
	case http.MethodPut:
		requests = []request{{"PutObject", bucketAndKey}, {"GetObject", strings.Trim(source, "/")}}
	case http.MethodDelete:
		requests = []request{{"DeleteObject", bucketAndKey}}
	case http.MethodGet:
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
