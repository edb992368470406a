package job

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A worker with keys runs what a person signed, as it was signed, and nothing else.
func TestSignature(t *testing.T) {
	dir := t.TempDir()
	mine, theirs := filepath.Join(dir, "mine"), filepath.Join(dir, "theirs")
	for _, path := range []string{mine, theirs} {
		if _, err := NewKey(path, "someone@here"); err != nil {
			t.Fatal(err)
		}
	}
	keys, err := ReadKeys(mine + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		key    string
		change func(*Job)
		want   string
	}{
		{"as it was signed", mine, func(*Job) {}, ""},
		{"with its files beside it", mine, func(j *Job) { j.Suite.Inline = []byte("bytes") }, ""},
		{"unsigned", "", func(*Job) {}, "it is not signed"},
		{"by another key", theirs, func(*Job) {}, "a key that this worker does not have"},
		{"for another class", mine, func(j *Job) { j.Class = "h100" }, "its signature is of another job"},
		{"other files", mine, func(j *Job) { j.Suite.SHA256 = "b" }, "its signature is of another job"},
		{"another variable", mine, func(j *Job) { j.Vars["x"] = "2" }, "its signature is of another job"},
		{"another environment", mine, func(j *Job) { j.Env = map[string]string{"ASSAY_VAR_x": "2"} }, "its signature is of another job"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			j := Job{Run: "r", Class: "m4-max", Name: "x", Experiments: []string{"x"}, Paths: []string{"."}, Suite: Blob{SHA256: "a", Size: 1}, Vars: map[string]string{"x": "1"}}
			if tt.key != "" {
				key, err := ReadKey(tt.key)
				if err != nil {
					t.Fatal(err)
				}
				if err := j.Sign(key); err != nil {
					t.Fatal(err)
				}
			}
			b, err := json.Marshal(j)
			if err != nil {
				t.Fatal(err)
			}
			var arrived Job
			if err := json.Unmarshal(b, &arrived); err != nil {
				t.Fatal(err)
			}
			tt.change(&arrived)
			who, err := keys.Check(&arrived)
			switch {
			case tt.want == "" && (err != nil || who != "someone@here"):
				t.Errorf("%q, %v", who, err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

func TestKeyFiles(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "key")
	if _, err := NewKey(path, "c"); err != nil {
		t.Fatal(err)
	}
	if _, err := NewKey(path, "c"); err == nil || !strings.Contains(err.Error(), "there is one already") {
		t.Errorf("a second time: %v", err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadKey(path); err == nil || !strings.Contains(err.Error(), "others can read it") {
		t.Errorf("a key that others read: %v", err)
	}
	if _, err := ReadKey(path + ".pub"); err == nil {
		t.Error("a public key is taken for a private one")
	}
	empty := filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, []byte("# none yet\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadKeys(empty); err == nil || !strings.Contains(err.Error(), "no job would run") {
		t.Errorf("no keys: %v", err)
	}
	if _, err := ReadKeys(path); err == nil || !strings.Contains(err.Error(), ":1:") {
		t.Errorf("a private key among them: %v", err)
	}
}
