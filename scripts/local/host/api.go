package host

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// maxPayload is what an invocation may carry (AWS Lambda quotas, synchronous).
const maxPayload = 6 << 20

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
	if _, ok := h.options.Functions[name]; !ok {
		writeError(w, http.StatusNotFound, "ResourceNotFoundException", "Function not found: "+name)
		return
	}
	payload, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPayload))
	if err != nil {
		writeError(w, http.StatusRequestEntityTooLarge, "RequestTooLargeException", "payload too large")
		return
	}
	if r.Header.Get("X-Amz-Invocation-Type") == "Event" {
		h.InvokeAsync(name, payload)
		w.WriteHeader(http.StatusAccepted)
		return
	}
	result, delivered, err := h.Invoke(r.Context(), name, payload)
	if err != nil {
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		result, _ = json.Marshal(map[string]string{"errorMessage": err.Error()})
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(result)
	delivered()
}

func writeError(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-ErrorType", code)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"Message": message})
}
