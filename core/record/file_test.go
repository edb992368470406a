package record

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

func TestReadResultRefusesWhatItDoesNotUnderstand(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct{ text, want string }{
		"empty":   {"", "not a result document"},
		"array":   {"[]", "not a result document: it holds a JSON array"},
		"number":  {`{"schema_version":1,"session":{"seed":1e400}}`, "seed cannot be the number 1e400"},
		"foreign": {`{"a":1}`, "no schema_version"},
		"future":  {`{"schema_version":99}`, "schema version 99, this assay reads 1 to 2"},
		"surplus": {`{"schema_version":1,"colour":"red"}`, "colour"},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadResult(path); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v, want one that holds %q and the path", name, err, c.want)
		}
	}
	if _, err := ReadResult(filepath.Join(dir, "absent")); err == nil {
		t.Error("an absent file was read")
	}
}

func TestWritingReplacesWholeOrNotAtAll(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "r.json")
	r := &Result{SchemaVersion: SchemaVersion, Experiment: Experiment{Name: "first"}}
	if err := WriteResult(path, r, nil); err != nil {
		t.Fatal(err)
	}
	bad := *r
	bad.Experiment.Measure.Confidence = nan()
	if err := WriteResult(path, &bad, nil); err == nil {
		t.Error("a document that JSON cannot hold was written")
	}
	got, err := ReadResult(path)
	if err != nil || got.Experiment.Name != "first" {
		t.Errorf("after a failed write: %v, error %v; want the first document", got, err)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("%d files are left, want the document alone", len(left))
	}
}

func TestWritingLeavesDevicesAndPipesAlone(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(pipe, []byte("x")); err == nil || !strings.Contains(err.Error(), pipe) {
		t.Errorf("error %v, want one that names %s", err, pipe)
	}
	if info, err := os.Stat(pipe); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		t.Errorf("in its place is %v, error %v", info.Mode(), err)
	}
}

func nan() float64 {
	zero := 0.0
	return zero / zero
}

func TestAppendFromManyWritersLosesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rows.json")
	var wg sync.WaitGroup
	const writers = 12
	for i := range writers {
		wg.Go(func() {
			if err := AppendJSON(path, []Row{{{"writer", i}}}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]int
	if err := json.Unmarshal(b, &rows); err != nil || len(rows) != writers {
		t.Fatalf("%d rows, error %v; want %d", len(rows), err, writers)
	}
}

func TestAppendLeavesForeignFilesAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rows.json")
	const foreign = `{"mine": true}`
	if err := os.WriteFile(path, []byte(foreign), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := AppendJSON(path, []Row{{{"mine", 1}}}); err == nil || !strings.Contains(err.Error(), "not a JSON array") {
		t.Errorf("error %v, want one that says the file is no array", err)
	}
	if b, _ := os.ReadFile(path); string(b) != foreign {
		t.Errorf("the file now holds %q", b)
	}
}
