// Package describe makes the OpenAPI and AsyncAPI documents of the chat, and the types of its
// client, from its table of operations, its types and their comments. Enter at [Documents].
package describe

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"reflect"

	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/realtime"
)

// Documents returns what is made of the code below a folder, the root of the repository, by the
// paths of the files there.
func Documents(root string) (map[string][]byte, error) {
	comments, err := readComments(filepath.Join(root, "shared", "chat"), filepath.Join(root, "shared", "realtime"))
	if err != nil {
		return nil, err
	}
	documents := map[string][]byte{}
	for path, describe := range map[string]func(*schemas) ([]byte, error){
		"shared/document/openapi.json":  asJSONFile((*schemas).openAPI),
		"shared/document/asyncapi.json": asJSONFile((*schemas).asyncAPI),
		"web/client/src/contract.ts":    (*schemas).typeScript,
	} {
		s := &schemas{comments: comments, bounds: chat.Bounds(), all: map[string]object{}}
		problem, err := s.ref(reflect.TypeFor[realtime.Error]())
		if err != nil {
			return nil, err
		}
		s.all["Refusal"] = object{
			"type": "object", "required": []string{"ok", "error"},
			"properties": object{"ok": object{"const": false}, "error": problem},
		}
		if documents[path], err = describe(s); err != nil {
			return nil, err
		}
	}
	return documents, nil
}

// asJSONFile encodes what describe makes, with a member a line, so that changes can be read.
func asJSONFile(describe func(*schemas) (object, error)) func(*schemas) ([]byte, error) {
	return func(s *schemas) ([]byte, error) {
		document, err := describe(s)
		if err != nil {
			return nil, err
		}
		var b bytes.Buffer
		encoder := json.NewEncoder(&b)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", " ")
		err = encoder.Encode(document)
		return b.Bytes(), err
	}
}
