package describe

import (
	"slices"

	"github.com/confab-chat/confab/shared/chat"
)

// asyncAPI describes the events. The document is the server's: it receives what clients emit.
func (s *schemas) asyncAPI() (object, error) {
	messages, operations := object{}, object{}
	for _, o := range chat.Operations() {
		if o.HTTPOnly {
			continue
		}
		request, err := s.request(o)
		if err != nil {
			return nil, err
		}
		answer, err := s.answer(o)
		if err != nil {
			return nil, err
		}
		codes := slices.Concat(chat.CommonErrors(), o.Errors)
		slices.Sort(codes)
		messages[o.Name] = object{"name": o.Name, "summary": o.Summary, "payload": request}
		messages[o.Name+"Answer"] = object{
			"summary": "The acknowledgement of " + o.Name + ".",
			"payload": object{"oneOf": []any{answer, refusal(slices.Compact(codes))}},
		}
		operation := object{
			"action": "receive", "channel": object{"$ref": channel}, "summary": o.Summary,
			"messages": []any{object{"$ref": channel + "/messages/" + o.Name}},
			"reply":    object{"channel": object{"$ref": channel}, "messages": []any{object{"$ref": channel + "/messages/" + o.Name + "Answer"}}},
		}
		note(o, operation)
		operations[o.Name] = operation
	}
	for _, e := range chat.ServerEvents() {
		data, err := s.ref(e.Data)
		if err != nil {
			return nil, err
		}
		name := e.Name + "Event"
		messages[name] = object{"name": e.Name, "summary": e.Summary, "payload": data}
		operations[name] = object{
			"action": "send", "channel": object{"$ref": channel}, "summary": e.Summary,
			"messages": []any{object{"$ref": channel + "/messages/" + name}},
		}
	}
	return object{
		"asyncapi": "3.0.0",
		"info":     info("The chat's events by Socket.IO. Each event of a client is answered by one acknowledgement."),
		"channels": object{"chat": object{
			"address": "/", "description": "The root namespace. Its token goes into the CONNECT packet, as auth.token.",
			"messages": messages,
		}},
		"operations": operations,
		"components": object{
			"schemas":         s.all,
			"securitySchemes": object{"token": object{"type": "http", "scheme": "bearer", "description": tokenText}},
		},
	}, nil
}

const channel = "#/channels/chat"
