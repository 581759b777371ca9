package types

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"strings"
)

// members of JSON objects.
type properties = map[string]any

// asyncAPI writes the document. It is the server's: it receives what clients emit. Several arguments of an event
// are an array.
func (a *application) asyncAPI() ([]byte, error) {
	channels, operations := properties{}, properties{}
	for _, n := range a.namespaces {
		c := &channel{id: n.channelID(), messages: properties{}, operations: operations}
		for _, r := range n.received {
			c.addReceived(r, a.codes)
		}
		for _, s := range n.sent {
			c.addSent(s)
		}
		description := "Of " + n.title() + "."
		made := properties{"description": description, "messages": c.messages}
		if n.name != described {
			made["address"] = n.name
		} else {
			made["address"] = nil
		}
		channels[c.id] = made
	}
	schemas := properties{"Refused": refused()}
	for _, d := range a.declarations {
		schemas[d.name] = withDescription(d.doc, schemaOf(d.shape))
	}
	document := properties{
		"asyncapi": "3.0.0",
		"info": properties{
			"title": a.name, "version": "0.0.0",
			"description": "Events by Socket.IO. Each event of a client is answered by one acknowledgement, if the client asks for it.",
		},
		"channels": channels, "operations": operations, "components": properties{"schemas": schemas},
	}
	if len(a.routes) > 0 {
		patterns := make([]string, len(a.routes))
		for i, r := range a.routes {
			patterns[i] = r.pattern
		}
		document["x-http-routes"] = patterns
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(document); err != nil {
		return nil, fmt.Errorf("encode the document: %w", err)
	}
	return b.Bytes(), nil
}

// channelID is the name of a namespace's channel.
func (n *namespace) channelID() string {
	if id := lowerFirst(n.prefix()); id != "" {
		return id
	}
	return "root"
}

// channel is a namespace in the document.
type channel struct {
	id                   string
	messages, operations properties
}

func (c *channel) ref() properties { return properties{"$ref": "#/channels/" + c.id} }

// message refers to a message of the channel.
func (c *channel) message(id string) []any {
	escaped := url.PathEscape(strings.NewReplacer("~", "~0", "/", "~1").Replace(id))
	return []any{properties{"$ref": "#/channels/" + c.id + "/messages/" + escaped}}
}

func (c *channel) addReceived(r *received, common []string) {
	args := r.args
	if r.in != nil {
		args = []argument{*r.in}
	}
	c.messages[r.event] = message(r.event, r.doc, payload(args, len(args), r.raw))
	operation := properties{"action": "receive", "channel": c.ref(), "messages": c.message(r.event)}
	if r.doc != "" {
		operation["summary"] = r.doc
	}
	answer := r.event + "Answer"
	answers := []any{refusedWith(r.codes, common)}
	switch {
	case r.raw:
		answers = []any{properties{}}
	case r.out == nil:
		answers = append(answers, properties{"type": "null", "description": "No value."})
	default:
		answers = append(answers, schemaOf(r.out))
	}
	c.messages[answer] = properties{
		"summary": "The acknowledgement of " + r.event + ".", "payload": properties{"anyOf": answers},
	}
	operation["reply"] = properties{"channel": c.ref(), "messages": c.message(answer)}
	c.operations[c.id+"."+r.event] = operation
}

func (c *channel) addSent(s *sent) {
	id := s.event + "Event"
	c.messages[id] = message(s.event, s.doc, payload(s.args, s.needed, s.raw))
	operation := properties{"action": "send", "channel": c.ref(), "messages": c.message(id)}
	if s.asked {
		answer := properties{}
		if len(s.answers) > 0 {
			answer = schemaOf(oneOf(s.answers...))
		}
		c.messages[id+"Answer"] = properties{"summary": "The acknowledgement of " + s.event + ".", "payload": answer}
		operation["reply"] = properties{"channel": c.ref(), "messages": c.message(id + "Answer")}
	}
	c.operations[c.id+"."+id] = operation
}

func message(name, doc string, payload properties) properties {
	m := properties{"name": name}
	if doc != "" {
		m["summary"] = doc
	}
	if payload != nil {
		m["payload"] = payload
	}
	return m
}

// payload is the schema of arguments: of one argument its own. Without arguments there is none.
func payload(args []argument, needed int, raw bool) properties {
	switch {
	case raw && len(args) == 0:
		return properties{"type": "array"}
	case raw:
		return properties{"type": "array", "items": itemsOf(args)}
	case len(args) == 0:
		return nil
	case len(args) == 1:
		return schemaOf(args[0].shape)
	}
	return properties{"type": "array", "items": itemsOf(args), "minItems": needed, "maxItems": len(args)}
}

func itemsOf(args []argument) []any {
	items := make([]any, len(args))
	for i, arg := range args {
		items[i] = schemaOf(arg.shape)
	}
	return items
}

const schemas = "#/components/schemas/"

// refused is the schema of a refusal.
func refused() properties {
	return properties{
		"type": "object", "required": []string{"ok", "error"},
		"properties": properties{"ok": properties{"const": false}, "error": properties{
			"type": "object", "required": []string{"code", "message"},
			"properties": properties{
				"code":       properties{"type": "string", "description": "For programs. It never changes."},
				"message":    properties{"type": "string", "description": "For people."},
				"data":       properties{},
				"retryAfter": properties{"type": "integer", "description": "In how many seconds the same event may succeed, if that is known."},
				"temporary":  properties{"type": "boolean", "description": "The same event may succeed later."},
			},
		}},
	}
}

func refusedWith(codes, common []string) properties {
	all := append(append([]string{}, codes...), common...)
	code := properties{"type": "object", "properties": properties{"code": properties{"enum": all}}}
	return properties{"allOf": []any{
		properties{"$ref": schemas + "Refused"},
		properties{"type": "object", "properties": properties{"error": code}},
	}}
}

// schemaOf is a shape as JSON Schema.
func schemaOf(s *shape) properties {
	switch s.kind {
	case list:
		return properties{"type": "array", "items": schemaOf(s.elem)}
	case tuple:
		return properties{"type": "array", "items": schemasOf(s.parts), "minItems": len(s.parts), "maxItems": len(s.parts)}
	case mapping:
		m := properties{"type": "object", "additionalProperties": schemaOf(s.elem)}
		if len(s.parts) > 0 {
			m["propertyNames"] = schemaOf(s.parts[0])
		}
		return m
	case object:
		return schemaOfObject(s)
	case literal:
		return properties{"enum": s.values}
	case union:
		return properties{"anyOf": schemasOf(s.parts)}
	case named:
		return properties{"$ref": schemas + s.declared.name}
	}
	return maps.Clone(simpleSchemas[s.kind])
}

// simpleSchemas are the schemas of the shapes that have no parts.
var simpleSchemas = map[kind]properties{
	anything: {},
	text:     {"type": "string"},
	moment:   {"type": "string", "format": "date-time"},
	base64:   {"type": "string", "contentEncoding": "base64"},
	integer:  {"type": "integer"},
	number:   {"type": "number"},
	boolean:  {"type": "boolean"},
	null:     {"type": "null"},
	binary:   {"description": "Binary data: an attachment."},
}

func schemasOf(shapes []*shape) []any {
	all := make([]any, len(shapes))
	for i, s := range shapes {
		all[i] = schemaOf(s)
	}
	return all
}

func schemaOfObject(s *shape) properties {
	fields, required := properties{}, []string{}
	for _, f := range s.fields {
		fields[f.name] = withDescription(f.doc, schemaOf(f.shape))
		if !f.optional {
			required = append(required, f.name)
		}
	}
	made := properties{"type": "object", "properties": fields}
	if len(required) > 0 {
		made["required"] = required
	}
	return made
}

// withDescription adds a description, beside which a reference must not stand.
func withDescription(doc string, schema properties) properties {
	if doc == "" {
		return schema
	}
	if schema["$ref"] != nil {
		schema = properties{"allOf": []any{schema}}
	}
	schema["description"] = doc
	return schema
}
