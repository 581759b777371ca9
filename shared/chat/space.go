package chat

import "encoding/json"

// space is how many bytes an answer may still have. API Gateway bounds answers.
type space int

// takes takes the space that a part needs as JSON, and reports whether there was enough.
func (s *space) takes(part any) (bool, error) {
	encoded, err := json.Marshal(part)
	*s -= space(len(encoded))
	return *s >= 0, err
}
