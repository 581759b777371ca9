// Package describe makes the OpenAPI and AsyncAPI documents of the chat from its table of
// operations, its types and their comments. Enter at [Documents].
package describe

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"reflect"

	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/realtime"
)

// Documents returns the documents by the names of their files. They are made of the code below
// a folder, the root of the repository.
func Documents(root string) (map[string][]byte, error) {
	comments, err := readComments(filepath.Join(root, "shared", "chat"), filepath.Join(root, "shared", "realtime"))
	if err != nil {
		return nil, err
	}
	documents := map[string][]byte{}
	for file, describe := range map[string]func(*schemas) (object, error){
		"openapi.json":  (*schemas).openAPI,
		"asyncapi.json": (*schemas).asyncAPI,
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
		document, err := describe(s)
		if err != nil {
			return nil, err
		}
		if documents[file], err = encode(document); err != nil {
			return nil, err
		}
	}
	return documents, nil
}

// encode is JSON with a member a line, so that changes can be read.
func encode(document object) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	err := encoder.Encode(document)
	return b.Bytes(), err
}
