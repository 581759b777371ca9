package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Limits of an invocation's payload (AWS Lambda quotas). Some regions allow larger
// asynchronous ones; these limits hold in all regions.
const (
	maxPayload      = 6 << 20
	maxAsyncPayload = 256 << 10
)

// ServeHTTP serves Lambda's Invoke operation:
// POST /2015-03-31/functions/{name}/invocations.
func (h *Host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rest, found := strings.CutPrefix(r.URL.EscapedPath(), "/2015-03-31/functions/")
	escaped, _, isInvoke := strings.Cut(rest, "/invocations")
	name, err := url.PathUnescape(escaped)
	if !found || !isInvoke || r.Method != http.MethodPost || err != nil {
		writeError(w, http.StatusNotFound, "UnknownOperationException", "unknown operation")
		return
	}
	// A function may be named by its ARN.
	name = name[strings.LastIndex(name, ":")+1:]
	if h.find(name) == nil {
		writeError(w, http.StatusNotFound, "ResourceNotFoundException", "Function not found: "+name)
		return
	}
	event := r.Header.Get("X-Amz-Invocation-Type") == "Event"
	limit := int64(maxPayload)
	if event {
		limit = maxAsyncPayload
	}
	payload, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err != nil {
		writeError(w, http.StatusRequestEntityTooLarge, "RequestTooLargeException", fmt.Sprintf("the payload is larger than %d bytes", limit))
		return
	}
	if event {
		if err := h.InvokeAsync(name, payload); err != nil {
			writeError(w, http.StatusServiceUnavailable, "ServiceException", err.Error())
			return
		}
		w.WriteHeader(http.StatusAccepted)
		return
	}
	result, delivered, err := h.Invoke(r.Context(), name, payload)
	if errors.Is(err, ErrThrottled) {
		writeError(w, http.StatusTooManyRequests, "TooManyRequestsException", "Rate Exceeded.")
		return
	}
	if err != nil {
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		result, _ = json.Marshal(map[string]string{"errorMessage": err.Error(), "errorType": fmt.Sprintf("%T", err)})
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amz-Executed-Version", "$LATEST")
	_, _ = w.Write(result)
	delivered()
}

func writeError(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-ErrorType", code)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"Message": message})
}
