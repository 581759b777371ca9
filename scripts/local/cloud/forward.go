package cloud

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
)

// forward returns a function that takes the lines of a process. It logs log records, and
// lines that are not JSON, such as a panic's stack. It drops metrics.
func forward(log *slog.Logger) func([]byte) {
	return func(line []byte) {
		var record map[string]any
		if json.Unmarshal(line, &record) != nil {
			log.Warn("output", "line", string(line))
			return
		}
		var level slog.Level
		text, _ := record["level"].(string)
		if level.UnmarshalText([]byte(text)) != nil || text == "" {
			return // a metric
		}
		message, _ := record["msg"].(string)
		if message == "" {
			message, _ = record["message"].(string)
		}
		for _, name := range []string{"level", "msg", "message", "time", "timestamp"} {
			delete(record, name)
		}
		attributes := make([]any, 0, 2*len(record))
		for _, name := range slices.Sorted(maps.Keys(record)) {
			attributes = append(attributes, name, record[name])
		}
		log.Log(context.Background(), level, message, attributes...)
	}
}
