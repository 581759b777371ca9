package strict

import (
	"encoding/json"
	"testing"
)

type withData struct {
	Data Object `json:"data,omitzero"`
}

func TestAnObjectIsKeptAsItWasSent(t *testing.T) {
	for sent, want := range map[string]string{
		`{"data": {"b": 1.50, "a": [1e400, {"x": null}], "b2": "{\\\"" } }`: `{"data":{"b":1.50,"a":[1e400,{"x":null}],"b2":"{\\\""}}`,
		`{"data":{}}`: `{"data":{}}`,
		`{}`:          `{}`,
	} {
		var got withData
		if err := Decode([]byte(sent), &got, nil); err != nil {
			t.Fatalf("%s: %v", sent, err)
		}
		if back, err := json.Marshal(got); err != nil || string(back) != want {
			t.Errorf("%s: %s, %v; want %s", sent, back, err, want)
		}
	}
}

func TestOnlyAnObjectIsAnObject(t *testing.T) {
	for _, value := range []string{`[]`, `null`, `"x"`, `1`, `true`} {
		if err := Decode([]byte(`{"data":`+value+`}`), &withData{}, nil); err == nil || err.Error() != "data must be an object." {
			t.Errorf("%s: %v", value, err)
		}
	}
	if err := Decode([]byte(`{"data":{"x":"\ud83d"}}`), &withData{}, nil); err == nil {
		t.Error("text that is not Unicode passed")
	}
}

func TestTheDepthOfAnObjectCountsWhatLiesInIt(t *testing.T) {
	for o, want := range map[Object]int{"": 0, `{}`: 1, `{"a":[{}],"b":{}}`: 3, `{"[{":"[\"{["}`: 1} {
		if got := o.Depth(); got != want {
			t.Errorf("%s: %d, want %d", o, got, want)
		}
	}
}
