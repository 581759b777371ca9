package types

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// differs returns why a value is not of a shape; "" if it is. at is where the value is.
func differs(s *shape, value any, at string) string {
	is := func(ok bool) string {
		if ok {
			return ""
		}
		return fmt.Sprintf("%s: %#v is no %s", at, value, typeOf(s, ""))
	}
	switch s.kind {
	case anything:
		return ""
	case text, moment, base64:
		_, ok := value.(string)
		return is(ok)
	case number:
		_, ok := value.(json.Number)
		return is(ok)
	case integer:
		n, ok := value.(json.Number)
		return is(ok && !strings.ContainsAny(n.String(), ".eE"))
	case boolean:
		_, ok := value.(bool)
		return is(ok)
	case null:
		return is(value == nil)
	case literal:
		return is(slices.ContainsFunc(s.values, func(v any) bool { return fmt.Sprint(v) == fmt.Sprint(value) }))
	case union:
		return is(slices.ContainsFunc(s.parts, func(part *shape) bool { return differs(part, value, at) == "" }))
	case named:
		return differs(s.declared.shape, value, at)
	case list, tuple:
		items, ok := value.([]any)
		if !ok || s.kind == tuple && len(items) != len(s.parts) {
			return is(false)
		}
		for i, item := range items {
			of := s.elem
			if s.kind == tuple {
				of = s.parts[i]
			}
			if why := differs(of, item, fmt.Sprint(at, "[", i, "]")); why != "" {
				return why
			}
		}
		return ""
	case mapping, object:
		members, ok := value.(map[string]any)
		if !ok {
			return is(false)
		}
		return differsInMembers(s, members, at)
	}
	return is(false)
}

func differsInMembers(s *shape, members map[string]any, at string) string {
	known := map[string]*field{}
	for _, f := range s.fields {
		known[f.name] = f
		if _, ok := members[f.name]; !ok && !f.optional {
			return fmt.Sprintf("%s has no %s", at, f.name)
		}
	}
	for name, value := range members {
		of := s.elem
		if s.kind == object {
			if known[name] == nil {
				return fmt.Sprintf("%s.%s is not known", at, name)
			}
			of = known[name].shape
		}
		if why := differs(of, value, at+"."+name); why != "" {
			return why
		}
	}
	return ""
}

func TestWhatEncodingJSONWritesHasTheShapesOfItsTypes(t *testing.T) {
	command := exec.CommandContext(t.Context(), "go", "run", "./sample")
	command.Dir = "testdata/whiteboard"
	written, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, err.(*exec.ExitError).Stderr)
	}
	var samples map[string][]any
	decoder := json.NewDecoder(strings.NewReader(string(written)))
	decoder.UseNumber()
	if err := decoder.Decode(&samples); err != nil {
		t.Fatal(err)
	}
	p, err := load(t.Context(), "testdata/whiteboard")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range p.application().declarations {
		if len(samples[d.name]) != 2 {
			t.Errorf("there are %d samples of %s", len(samples[d.name]), d.name)
		}
		full := samples[d.name][1]
		for _, value := range samples[d.name] {
			if why := differs(d.shape, value, d.name); why != "" {
				t.Error(why)
			}
		}
		members, _ := full.(map[string]any)
		for _, f := range d.shape.fields {
			// An attachment has its place only in a packet.
			if _, ok := members[f.name]; !ok && f.shape.kind != binary {
				t.Errorf("the sample of %s has no %s", d.name, f.name)
			}
		}
	}
}
