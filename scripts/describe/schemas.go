package describe

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"

	"github.com/invopop/jsonschema"

	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/strict"
)

// object is an object of JSON.
type object = map[string]any

// schemas are the JSON Schemas of Go types, by their names in the documents.
type schemas struct {
	comments comments
	bounds   map[string]chat.Bound
	all      map[string]object
}

// schemaName is the name of a type in the documents; "" if it has none.
func schemaName(t reflect.Type) string {
	if t.Name() == "" {
		return ""
	}
	return strings.ToUpper(t.Name()[:1]) + t.Name()[1:]
}

// ref refers to the schema of a struct, which it makes with those that it refers to.
func (s *schemas) ref(t reflect.Type) (object, error) {
	if t.NumField() == 0 {
		return object{"type": "object"}, nil
	}
	name := schemaName(t)
	if _, ok := s.all[name]; !ok {
		if err := s.reflect(t); err != nil {
			return nil, err
		}
	}
	return object{"$ref": prefix + name}, nil
}

// prefix is where both documents have their schemas.
const prefix = "#/components/schemas/"

func (s *schemas) reflect(t reflect.Type) error {
	r := jsonschema.Reflector{
		Anonymous:                 true,
		AllowAdditionalProperties: true, // a client must not mind what it does not know
		Namer:                     schemaName,
		LookupComment:             s.comments.of,
		Mapper: func(t reflect.Type) *jsonschema.Schema {
			switch {
			case t == reflect.TypeFor[chat.Time]():
				return &jsonschema.Schema{Type: "string", Format: "date-time"}
			case t == reflect.TypeFor[strict.Object]():
				return &jsonschema.Schema{Type: "object"}
			case t.Kind() == reflect.String && t.Name() != "string":
				return &jsonschema.Schema{Type: "string"}
			}
			return nil
		},
	}
	encoded, err := json.Marshal(r.ReflectFromType(t).Definitions)
	if err != nil {
		return err
	}
	var found map[string]object
	if err := json.Unmarshal([]byte(strings.ReplaceAll(string(encoded), "#/$defs/", prefix)), &found); err != nil {
		return err
	}
	for name, schema := range found {
		s.bind(name, schema)
		s.all[name] = schema
	}
	return nil
}

// bind adds the bounds of fields to the schema of their type.
func (s *schemas) bind(name string, schema object) {
	properties, _ := schema["properties"].(object)
	for field, property := range properties {
		bound, ok := s.bounds[name+"."+field]
		if !ok {
			bound = s.bounds[field]
		}
		if p, isObject := property.(object); isObject && p["$ref"] == nil {
			if p["type"] == "integer" {
				p["maximum"] = int64(math.MaxInt64)
			}
			apply(bound, p)
		}
	}
}

func apply(b chat.Bound, p object) {
	set := func(key string, value any, given bool) {
		if given {
			p[key] = value
		}
	}
	isList, isMap := p["type"] == "array", p["type"] == "object"
	set("pattern", b.Pattern, b.Pattern != "" && p["type"] == "string")
	set("enum", b.Enum, b.Enum != nil)
	set("minimum", b.Min, b.Min != nil && p["type"] == "integer")
	set("maximum", b.Max, b.Max != nil && p["type"] == "integer")
	set("minLength", b.MinLength, b.MinLength > 0)
	set("maxLength", b.MaxLength, b.MaxLength > 0 && !isList && !isMap)
	set("maxItems", b.MaxLength, b.MaxLength > 0 && isList)
	set("maxProperties", b.MaxLength, b.MaxLength > 0 && isMap)
	set("propertyNames", object{"pattern": b.Keys}, b.Keys != "" && isMap)
	if items, ok := p["items"].(object); ok && b.Items != nil {
		apply(*b.Items, items)
	}
}

// close refuses fields that a request does not have, in it and in what it contains.
func (s *schemas) close(ref object) {
	name, ok := ref["$ref"].(string)
	if !ok {
		ref["additionalProperties"] = false
		return
	}
	schema := s.all[strings.TrimPrefix(name, prefix)]
	schema["additionalProperties"] = false
	properties, _ := schema["properties"].(object)
	for _, property := range properties {
		for _, held := range []string{"items", "additionalProperties"} {
			if items, ok := property.(object)[held].(object); ok && items["$ref"] != nil {
				s.close(items)
			}
		}
	}
}

// answer is the schema of what an operation answers.
func (s *schemas) answer(o chat.Operation) (object, error) {
	ok := object{"type": "object", "required": []string{"ok"}, "properties": object{"ok": object{"const": true}}}
	if o.Result.NumField() == 0 {
		return ok, nil
	}
	result, err := s.ref(o.Result)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.Name, err)
	}
	return object{"allOf": []any{ok, result}}, nil
}

// refusal is the schema of an answer with one of these codes.
func refusal(codes []string) object {
	code := object{"type": "object", "properties": object{"code": object{"enum": codes}}}
	return object{"allOf": []any{
		object{"$ref": prefix + "Refusal"},
		object{"type": "object", "properties": object{"error": code}},
	}}
}

// request is the schema of what an operation is asked with.
func (s *schemas) request(o chat.Operation) (object, error) {
	ref, err := s.ref(o.Request)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.Name, err)
	}
	s.close(ref)
	return ref, nil
}

// fields returns the properties of an operation's request, and the names of those it needs.
func (s *schemas) fields(o chat.Operation) (properties object, required []string) {
	if o.Request.NumField() == 0 {
		return object{}, nil
	}
	schema := s.all[schemaName(o.Request)]
	for _, name := range asList(schema["required"]) {
		required = append(required, name.(string))
	}
	return schema["properties"].(object), required
}

func asList(v any) []any {
	list, _ := v.([]any)
	return list
}
