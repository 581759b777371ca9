package describe

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/realtime"
)

// openAPI describes the HTTP API.
func (s *schemas) openAPI() (object, error) {
	paths := object{}
	add := func(o chat.Operation, security any) error {
		if o.Pattern == "" {
			return nil
		}
		method, path, _ := strings.Cut(o.Pattern, " ")
		described, err := s.call(o, method, path)
		if err != nil {
			return err
		}
		if security != nil {
			described["security"] = security
		}
		if paths[path] == nil {
			paths[path] = object{}
		}
		paths[path].(object)[strings.ToLower(method)] = described
		return nil
	}
	for _, o := range chat.OpenRequests() {
		security := []any{}
		if slices.Contains(o.Errors, chat.CodeUnauthorized) { // a token is not needed, but read
			security = []any{object{}, object{"token": []any{}}}
		}
		if err := add(o, security); err != nil {
			return nil, err
		}
	}
	for _, o := range chat.Operations() {
		o.Errors = slices.Concat(chat.CommonErrors(), o.Errors)
		if err := add(o, nil); err != nil {
			return nil, err
		}
	}
	return object{
		"openapi":  "3.1.0",
		"info":     info("The chat's HTTP API. It takes the same requests as the events and gives the same answers."),
		"paths":    paths,
		"security": []any{object{"token": []any{}}},
		"components": object{
			"schemas":         s.all,
			"securitySchemes": object{"token": object{"type": "http", "scheme": "bearer", "description": tokenText}},
		},
	}, nil
}

const tokenText = "The token of a sign-in: that of a guest, or of an OpenID Connect issuer."

// info is the head of a document.
func info(description string) object {
	return object{
		"title": "Confab", "version": "1", "description": description,
		"license": object{"name": "Apache 2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
	}
}

var wildcard = regexp.MustCompile(`\{(\w+)\}`)

// call describes an operation by HTTP.
func (s *schemas) call(o chat.Operation, method, path string) (object, error) {
	if _, err := s.request(o); err != nil {
		return nil, err
	}
	properties, required := s.fields(o)
	properties = maps.Clone(properties)
	for _, name := range o.SocketFields {
		if properties[name] == nil {
			return nil, fmt.Errorf("%s: its request has no field %s, which only a socket may set", o.Name, name)
		}
		delete(properties, name)
	}
	parameters := []any{}
	for _, match := range wildcard.FindAllStringSubmatch(path, -1) {
		name := match[1]
		parameters = append(parameters, object{"name": name, "in": "path", "required": true, "schema": properties[name]})
		delete(properties, name)
		required = slices.DeleteFunc(required, func(r string) bool { return r == name })
	}
	described := object{"operationId": o.Name, "summary": o.Summary}
	hasBody := method == http.MethodPost || method == http.MethodPut || method == http.MethodPatch
	if hasBody && len(properties) > 0 {
		body := object{"type": "object", "properties": properties, "additionalProperties": false}
		if len(required) > 0 {
			body["required"] = required
		}
		described["requestBody"] = object{"required": true, "content": asJSON(body)}
		o.Errors = append(o.Errors, realtime.CodeBadRequest, realtime.CodeTooLarge, realtime.CodeRateLimited, realtime.CodeUnavailable)
	}
	if !hasBody {
		for _, name := range slices.Sorted(maps.Keys(properties)) {
			parameters = append(parameters, object{
				"name": name, "in": "query", "required": slices.Contains(required, name), "schema": properties[name],
			})
		}
	}
	if len(parameters) > 0 {
		described["parameters"] = parameters
	}
	note(o, described)
	answers, err := s.responses(o)
	if !hasBody && len(properties) > 0 {
		answers[strconv.Itoa(http.StatusRequestURITooLong)] = object{
			"description": "API Gateway refuses a URL that is too long.", "content": asJSON(gatewaysOwn),
		}
	}
	described["responses"] = answers
	return described, err
}

// gatewaysOwn is the schema of what API Gateway answers itself.
var gatewaysOwn = object{"type": "object", "required": []string{"message"}, "properties": object{"message": object{"type": "string"}}}

// responses describes what an operation answers, by status.
func (s *schemas) responses(o chat.Operation) (object, error) {
	success, err := s.answer(o)
	if err != nil {
		return nil, err
	}
	all := object{strconv.Itoa(o.Success()): object{"description": "Done.", "content": asJSON(success)}}
	byStatus := map[int][]string{}
	for _, code := range slices.Compact(slices.Sorted(slices.Values(o.Errors))) {
		byStatus[chat.StatusOf(code)] = append(byStatus[chat.StatusOf(code)], code)
	}
	for status, codes := range byStatus {
		schema := refusal(codes)
		if status == http.StatusUnauthorized { // API Gateway's own answer, where its authorizer refuses
			schema = object{"anyOf": []any{schema, gatewaysOwn}}
		}
		answer := object{"description": strings.Join(codes, ", "), "content": asJSON(schema)}
		if status == http.StatusTooManyRequests {
			answer["headers"] = object{"Retry-After": object{
				"description": "In how many seconds to try again.", "schema": object{"type": "integer"},
			}}
		}
		all[strconv.Itoa(status)] = answer
	}
	return all, nil
}

// note adds what an operation costs, and the field by which a repetition is known.
func note(o chat.Operation, described object) {
	if price := o.Price; price != (realtime.Price{}) {
		described["x-price"] = object{"work": price.Work, "deliveries": price.Deliveries}
	}
	if _, ok := o.Request.FieldByName("TempID"); ok {
		described["x-idempotency-key"] = "tempId"
		described["description"] = "A repetition with the same tempId in 30 days does nothing, and has the same answer."
	}
}

func asJSON(schema object) object { return object{"application/json": object{"schema": schema}} }
