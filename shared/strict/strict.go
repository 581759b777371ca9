// Package strict decodes JSON requests and refuses what encoding/json lets pass: fields
// that are unknown, written in another case, missing, null, or there twice, and text that
// is not Unicode. Enter at [Decode]. Its errors name the field and say what it must be, so
// they can be shown to whoever sent the request.
package strict

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Error says what is wrong with a request, in a sentence for its sender.
type Error struct {
	// Field is the name of the field, or "" if the error is about the whole request.
	Field string
	// Problem goes on after the field's name.
	Problem string
}

func (e *Error) Error() string {
	if e.Field == "" {
		return "The request " + e.Problem
	}
	return e.Field + " " + e.Problem
}

// Decode decodes a JSON object into the struct that v points to. The names of its fields
// are those of their json tags. A field is required unless its tag has the option
// omitzero. Fields hold strings, booleans, whole numbers in any way to write them ([wholeForm]), lists of these or of such objects,
// such objects by names of the sender's, pointers to them, or an [Object]. The error is an *Error, and v is in an undefined
// state then.
//
// Given are fields that are known already, from a path for instance. The
// object may repeat them, and must not contradict them.
func Decode(data []byte, v any, given map[string]any) error {
	members, err := split(data)
	if err == nil {
		members, err = add(members, given)
	}
	if err != nil {
		return err
	}
	fields := fieldsOf(reflect.ValueOf(v).Elem())
	// What was sent comes before what is missing: it tells more about the mistake.
	for _, m := range members {
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == m.name })
		if i < 0 {
			return unknown(m.name, fields)
		}
		if err := fields[i].set(m.raw); err != nil {
			return err
		}
	}
	for _, f := range fields {
		sent := slices.ContainsFunc(members, func(m member) bool { return m.name == f.name })
		if !sent && !f.optional {
			return f.wrong()
		}
	}
	return nil
}

var wholeNumber = regexp.MustCompile(`^(0|-?[1-9][0-9]*)$`)

// FromText returns what a text, such as a part of a URL, is as the value of a field of the struct
// that v points to: a number if it looks like one and the field is no string, else the text.
func FromText(v any, name, text string) any {
	for _, f := range fieldsOf(reflect.ValueOf(v).Elem()) {
		if f.name == name && fits([]byte(`""`), f.value.Type()) {
			return text
		}
	}
	if wholeNumber.MatchString(text) {
		return json.Number(text)
	}
	return text
}

func unknown(name string, fields []field) error {
	e := &Error{quote(name), "is not a field of this request."}
	for _, f := range fields {
		if strings.EqualFold(f.name, name) {
			e.Problem = fmt.Sprintf("is not a field of this request: write %q.", f.name)
		}
	}
	return e
}

// member is a member of a JSON object.
type member struct {
	name string
	raw  json.RawMessage
}

// split returns the members of an object in their order, each name once.
func split(data []byte) ([]member, error) {
	if !json.Valid(data) {
		return nil, &Error{Problem: "must be JSON."}
	}
	d := json.NewDecoder(bytes.NewReader(data))
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return nil, &Error{Problem: "must be a JSON object."}
	}
	var all []member
	seen := map[string]bool{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, &Error{Problem: "must be JSON."}
		}
		m := member{name: key.(string)}
		if err := d.Decode(&m.raw); err != nil {
			return nil, &Error{Problem: "must be JSON."}
		}
		if seen[m.name] {
			return nil, &Error{quote(m.name), "must be there only once."}
		}
		seen[m.name] = true
		all = append(all, m)
	}
	return all, nil
}

// add adds the given fields to those of an object.
func add(members []member, given map[string]any) ([]member, error) {
	for name, value := range given {
		raw, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(members, func(m member) bool { return m.name == name })
		if i >= 0 && !bytes.Equal(members[i].raw, raw) && !bytes.Equal(wholeForm(members[i].raw, reflect.TypeFor[int64]()), raw) {
			return nil, &Error{name, fmt.Sprintf("must be %s here.", raw)}
		}
		if i < 0 {
			members = append(members, member{name, raw})
		}
	}
	return members, nil
}

// field is a field of a request.
type field struct {
	name     string
	optional bool
	value    reflect.Value
}

func fieldsOf(v reflect.Value) []field {
	var all []field
	for i := range v.NumField() {
		name, options, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		all = append(all, field{name, options == "omitzero", v.Field(i)})
	}
	return all
}

// set decodes the field's value.
func (f field) set(raw json.RawMessage) error {
	if t := f.value.Type(); t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct {
		return f.setObjects(raw)
	}
	if t := f.value.Type(); t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct {
		return f.setObject(raw)
	}
	if f.value.Kind() == reflect.Map {
		return f.setNamed(raw)
	}
	raw = wholeForm(raw, f.value.Type())
	if !fits(raw, f.value.Type()) || json.Unmarshal(raw, f.value.Addr().Interface()) != nil {
		return f.wrong()
	}
	if !isUnicode(raw) {
		return &Error{f.name, "has a broken character: it must be valid UTF-8 without lone surrogates."}
	}
	return nil
}

// setObject decodes an object.
func (f field) setObject(raw json.RawMessage) error {
	object := reflect.New(f.value.Type().Elem())
	if err := Decode(raw, object.Interface(), nil); err != nil {
		return within(f.name, err)
	}
	f.value.Set(object)
	return nil
}

// setObjects decodes a list of objects.
func (f field) setObjects(raw json.RawMessage) error {
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil || items == nil {
		return f.wrong()
	}
	f.value.Set(reflect.MakeSlice(f.value.Type(), len(items), len(items)))
	for i, item := range items {
		err := Decode(item, f.value.Index(i).Addr().Interface(), nil)
		if err != nil {
			return within(fmt.Sprintf("%s[%d]", f.name, i), err)
		}
	}
	return nil
}

// setNamed decodes objects by their names.
func (f field) setNamed(raw json.RawMessage) error {
	if raw[0] != '{' {
		return f.wrong()
	}
	members, err := split(raw)
	if err != nil {
		return within(f.name, err)
	}
	if !isUnicode(raw) {
		return &Error{f.name, "has a broken character: it must be valid UTF-8 without lone surrogates."}
	}
	t := f.value.Type()
	f.value.Set(reflect.MakeMapWithSize(t, len(members)))
	for _, m := range members {
		item := reflect.New(t.Elem())
		if err := Decode(m.raw, item.Interface(), nil); err != nil {
			return within(fmt.Sprintf("%s[%s]", f.name, quote(m.name)), err)
		}
		f.value.SetMapIndex(reflect.ValueOf(m.name), item.Elem())
	}
	return nil
}

// within returns the error of an object that a field holds.
func within(field string, err error) error {
	var wrong *Error
	if !errors.As(err, &wrong) {
		return err
	}
	if wrong.Field != "" {
		field += "." + wrong.Field
	}
	return &Error{field, wrong.Problem}
}

// wrong is the error for a value of another type, and for none.
func (f field) wrong() error {
	return &Error{f.name, "must be " + describe(f.value.Type()) + "."}
}

// fits reports whether a value is of the JSON type that a Go type needs. Null never is.
func fits(raw json.RawMessage, t reflect.Type) bool {
	if t == reflect.TypeFor[Object]() {
		return raw[0] == '{'
	}
	switch t.Kind() {
	case reflect.Pointer:
		return fits(raw, t.Elem())
	case reflect.String:
		return raw[0] == '"'
	case reflect.Bool:
		return raw[0] == 't' || raw[0] == 'f'
	case reflect.Int, reflect.Int64:
		return raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9'
	case reflect.Slice:
		var items []json.RawMessage
		if json.Unmarshal(raw, &items) != nil || items == nil {
			return false
		}
		for _, item := range items {
			if !fits(item, t.Elem()) {
				return false
			}
		}
		return true
	default:
		panic("strict: a request cannot have a field of type " + t.String())
	}
}

// describe says what a value of a type is.
func describe(t reflect.Type) string {
	if t == reflect.TypeFor[Object]() {
		return "an object"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return describe(t.Elem())
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Slice:
		_, one, _ := strings.Cut(describe(t.Elem()), " ")
		return "a list of " + one + "s"
	default:
		return "a whole number"
	}
}

// isUnicode reports whether the strings of a JSON value are valid UTF-8 and whether each
// escaped surrogate has its other half. Package json puts U+FFFD in their place.
func isUnicode(raw []byte) bool {
	if !utf8.Valid(raw) {
		return false
	}
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		if i++; raw[i] != 'u' {
			continue
		}
		half := raw[i+1:]
		switch i += 4; {
		case isSurrogate(half, "89ab") && len(raw) > i+2 && raw[i+1] == '\\' && raw[i+2] == 'u' && isSurrogate(raw[i+3:], "cdef"):
			i += 6
		case isSurrogate(half, "89abcdef"):
			return false
		}
	}
	return true
}

// isSurrogate reports whether four hexadecimal digits are a surrogate whose second digit is
// one of these.
func isSurrogate(digits []byte, seconds string) bool {
	return digits[0]|0x20 == 'd' && strings.IndexByte(seconds, digits[1]|0x20) >= 0
}

// quote shortens and quotes a name that the sender made up, so that it is safe to show.
func quote(name string) string {
	const longest = 40
	if runes := []rune(name); len(runes) > longest {
		name = string(runes[:longest]) + "…"
	}
	return fmt.Sprintf("%q", name)
}
