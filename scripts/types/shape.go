package types

import "slices"

// kind is what a value is as JSON.
type kind int

const (
	anything kind = iota
	text
	moment  // text, after RFC 3339
	base64  // text
	integer // whole number
	number
	boolean
	null
	binary  // an attachment
	list    // of elem
	tuple   // of parts
	mapping // of elem, with the keys that parts[0] is, if there is one
	object  // with fields
	literal // one of values
	union   // one of parts
	named   // as declared
)

// shape is what values of a Go type are as JSON.
type shape struct {
	kind     kind
	elem     *shape
	parts    []*shape
	fields   []*field
	values   []any
	declared *declaration
}

// field is a member of an object.
type field struct {
	name, doc string
	optional  bool
	shape     *shape
}

// declaration is a type with a name of its own.
type declaration struct {
	// name is unique; see names.go.
	name, doc string
	shape     *shape
	from      origins
}

// orNull is a shape that may be null.
func (s *shape) orNull() *shape { return oneOf(s, &shape{kind: null}) }

// withoutNull is a shape that is not null.
func (s *shape) withoutNull() *shape {
	if s.kind != union {
		return s
	}
	parts := slices.DeleteFunc(slices.Clone(s.parts), func(part *shape) bool { return part.kind == null })
	return oneOf(parts...)
}

// oneOf is any of some shapes, each of them once. Null is the last.
func oneOf(shapes ...*shape) *shape {
	var parts []*shape
	var nulls []*shape
	add := func(s *shape) {
		switch {
		case s.kind == null:
			nulls = []*shape{s}
		case !slices.ContainsFunc(parts, s.equals):
			parts = append(parts, s)
		}
	}
	for _, s := range shapes {
		if s.kind == anything {
			return s
		}
		if s.kind != union {
			add(s)
		}
		for _, part := range s.parts {
			if s.kind == union {
				add(part)
			}
		}
	}
	parts = append(parts, nulls...)
	if len(parts) == 1 {
		return parts[0]
	}
	return &shape{kind: union, parts: parts}
}

// equals reports whether two shapes have the same values. Declarations are compared by name, because they may contain
// themselves.
func (s *shape) equals(other *shape) bool {
	if s == nil || other == nil {
		return s == other
	}
	return s.kind == other.kind && s.declared == other.declared && s.elem.equals(other.elem) &&
		slices.EqualFunc(s.parts, other.parts, (*shape).equals) && slices.Equal(s.values, other.values) &&
		slices.EqualFunc(s.fields, other.fields, func(a, b *field) bool {
			return a.name == b.name && a.optional == b.optional && a.shape.equals(b.shape)
		})
}
