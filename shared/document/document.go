// Package document has the descriptions of the chat's API that programs read. They are made from
// the code by
//
//	go test ./scripts/describe -update
package document

import _ "embed" // the documents

// OpenAPI describes the HTTP API in OpenAPI 3.1, and AsyncAPI the events in AsyncAPI 3.0.
var (
	//go:embed openapi.json
	OpenAPI []byte
	//go:embed asyncapi.json
	AsyncAPI []byte
)
