package dynamo

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAFileOfAnotherContentIsNotInstalled(t *testing.T) {
	mirror := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "something else")
	}))
	defer mirror.Close()
	nothingHere(t, map[string]string{"java": `echo 'openjdk version "17.0.1"' >&2`})
	t.Setenv(EnvEngine, "java")
	t.Setenv(EnvMaven, mirror.URL)
	if err := Install(t.Context(), io.Discard); err == nil || !strings.Contains(err.Error(), "has the checksum") {
		t.Errorf("got %v", err)
	}
	left, _ := os.ReadDir(filepath.Join(must(os.UserCacheDir()), "confab"))
	if len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	if _, err := Start(t.Context(), Options{}); err == nil {
		t.Error("it starts")
	}
}

func TestDynamoDBLocalIsListedWithItsVersion(t *testing.T) {
	if want := "DynamoDBLocal/" + dynamoDBLocalVersion + "/"; !strings.Contains(dynamoDBLocalFiles, want) {
		t.Errorf("dynamodblocal.txt does not have %s", want)
	}
}
