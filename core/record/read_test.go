package record

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A file that is no whole document is refused by a sentence that names the
// reason, and none is waited for.
func TestReadResultOfAFileThatIsNone(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	err := errors.Join(
		syscall.Mkfifo(at("pipe"), 0o600),
		os.Mkdir(at("folder"), 0o755),
		os.WriteFile(at("empty"), nil, 0o600),
		os.WriteFile(at("begun"), []byte(`{"schema`), 0o600),
		os.WriteFile(at("cut"), []byte(`{"schema_version":2,"cases":[{"id":"default"`), 0o600),
		os.WriteFile(at("between"), []byte(`{"schema_version":2,"cases":[{}`), 0o600),
		os.WriteFile(at("other"), []byte(`{"a":1}`), 0o600),
	)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"pipe":      "it is empty",
		"folder":    "is a directory",
		"empty":     "it is empty",
		"begun":     "it ends in the middle",
		"cut":       "it ends in the middle",
		"between":   "it ends in the middle",
		"other":     "no schema_version",
		"/dev/zero": "not a result document",
	} {
		path := name
		if !filepath.IsAbs(path) {
			path = at(name)
		}
		if _, err := ReadResult(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}
