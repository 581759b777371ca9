package confabtest

import (
	"bytes"
	"io"
	"net/http"
	"strings"

	"github.com/confab-chat/confab/scripts/local/policy"
	"github.com/confab-chat/confab/shared/confab"
	"github.com/confab-chat/confab/shared/project"
)

// instance is an instance of the application, and what it may do.
type instance struct {
	app *confab.App
	may *permissions
}

// allowed returns what some functions may do with tables.
func (s *Server) allowed(functions ...string) *policy.Role {
	var statements []policy.Statement
	for _, t := range s.project.Tables {
		for _, function := range functions {
			statements = append(statements, policy.Statement{
				Actions: t.Permissions(function), Resources: []string{policy.Place{}.Table(s.variables[project.TableVariable(t.Name)])},
			})
		}
	}
	return policy.NewRole(statements)
}

// permissions carry the calls of an instance to the database, and refuse those that the declaration of a table does not
// allow, as AWS does.
type permissions struct{ allowed *policy.Role }

// RoundTrip implements http.RoundTripper.
func (p *permissions) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	q, err := p.allowed.Refused(policy.Place{}, policy.Call{Service: "dynamodb", Operation: operation, Body: body})
	if err != nil {
		return nil, err
	}
	if q != nil {
		return refusal(r, "not authorized to perform "+q.Action), nil
	}
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	return http.DefaultTransport.RoundTrip(r) // which all instances share
}

func refusal(r *http.Request, message string) *http.Response {
	return &http.Response{
		Request: r, StatusCode: http.StatusBadRequest, ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}},
		Body:   io.NopCloser(strings.NewReader(`{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"` + message + `"}`)),
	}
}
