package chat

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/strict"
)

// maxBody bounds the body of a request, in bytes.
const maxBody = 64 << 10

// decode decodes a request, by whichever way it came. Given are fields from the path.
func decode[In any](body []byte, given map[string]any) (in In, err error) {
	if err := strict.Decode(body, &in, given); err != nil {
		return in, badRequest("%s", err.Error())
	}
	return in, nil
}

// requestOf decodes the request of an event. No argument, or null, is an empty request.
func requestOf[In any](e *realtime.Event) (In, error) {
	if len(e.Args) == 0 || string(e.Args[0]) == "null" {
		return decode[In]([]byte("{}"), nil)
	}
	return decode[In](e.Args[0], nil)
}

// fieldsOfPath are the fields of requests that paths have.
var fieldsOfPath = []string{"roomId", "userId", "seq", "id"}

// readRequest decodes a request by HTTP: its path, and its body, or the query if its method
// has no body. With a field in the path, the body may be empty.
func readRequest[In any](r *http.Request) (in In, err error) {
	given := map[string]any{}
	for _, name := range fieldsOfPath {
		if value := r.PathValue(name); value != "" {
			given[name] = strict.FromText(&in, name, value)
		}
	}
	var body []byte
	if r.Method == http.MethodPost || r.Method == http.MethodPut || r.Method == http.MethodPatch {
		body, err = readBody(r)
	} else {
		body, err = queryFields(r.URL.RawQuery, &in)
	}
	if err != nil {
		return in, err
	}
	if len(body) == 0 && len(given) > 0 {
		body = []byte("{}")
	}
	return decode[In](body, given)
}

func readBody(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return nil, badRequest("The request could not be read. Send it again.")
	}
	if len(body) > maxBody {
		return nil, realtime.Errorf(realtime.CodeTooLarge, "This request is too large. Use at most %d bytes.", maxBody)
	}
	return body, nil
}

// queryFields returns a query as a JSON object, for the request that in points to.
func queryFields(query string, in any) ([]byte, error) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, badRequest("The query of the URL cannot be read.")
	}
	fields := map[string]any{}
	for name, all := range values {
		switch {
		case len(all) > 1:
			return nil, badRequest("%.40q must be there only once.", name)
		default:
			fields[name] = strict.FromText(in, name, all[0])
		}
	}
	return json.Marshal(fields)
}
