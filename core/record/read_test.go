package record

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
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
		"pipe":      "it is no regular file",
		"folder":    "it is no regular file",
		"empty":     "it is empty",
		"begun":     "it ends in the middle",
		"cut":       "it ends in the middle",
		"between":   "it ends in the middle",
		"other":     "no schema_version",
		"/dev/zero": "it is no regular file",
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

// What is read without samples is all the rest, whatever else is called samples.
func TestSamplesArePassedOver(t *testing.T) {
	for in, want := range map[string]string{
		`{"visits":[{"index":1,"samples":{"seq":[1],"metrics":[{"a\"}":1}]},"phase":"decode"},{"samples":{}}],"arms":["samples"]}`:   `{"visits":[{"index":1,"samples":{},"phase":"decode"},{"samples":{}}],"arms":["samples"]}`,
		`{"visits":[{"samples":[{"seq":1}]}],"order":{"samples":{"samples":["a"]}}}`:                                                 `{"visits":[{"samples":{}}],"order":{"samples":{"samples":["a"]}}}`,
		`{"prepared":[{"facts":{"samples":"{"}},{"metrics":{"samples":{"samples":1}}}],"visits":[{"observed":{"samples":{"a":1}}}]}`: `{"prepared":[{"facts":{"samples":"{"}},{"metrics":{"samples":{"samples":1}}}],"visits":[{"observed":{"samples":{"a":1}}}]}`,
	} {
		if got := string(withoutSamples([]byte(in))); got != want {
			t.Errorf("%s became\n%s, want\n%s", in, got, want)
		}
	}
	path := filepath.Join("testdata", "v1-complete.json")
	want, err := ReadResult(path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ReadSketch(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range want.Cases {
		for k := range want.Cases[i].Rounds {
			for v := range want.Cases[i].Rounds[k].Visits {
				want.Cases[i].Rounds[k].Visits[v].Samples = Samples{}
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%.2000s", diff)
	}
}
