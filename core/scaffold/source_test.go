package scaffold

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
)

func TestRunning(t *testing.T) {
	clone := t.TempDir()
	inside := filepath.Join(clone, "bin", "assay")
	for name, text := range map[string]string{inside: "", filepath.Join(clone, "go.mod"): "module " + assay + "\n"} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	link := filepath.Join(t.TempDir(), "assay")
	if err := os.Symlink(inside, link); err != nil {
		t.Fatal(err)
	}
	clone, err := filepath.EvalSymlinks(clone)
	if err != nil {
		t.Fatal(err)
	}
	outside := filepath.Join(t.TempDir(), "assay")
	if err := os.WriteFile(outside, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	const pseudo = "v0.1.1-0.20261127101010-0123456789ab"
	for _, tt := range []struct {
		path, version, sum, program string
		want                        Source
	}{
		{assay, "v0.1.0", "h1:x", outside, Source{Version: "v0.1.0"}}, // go install …@v0.1.0
		{assay, pseudo, "h1:x", outside, Source{Version: pseudo}},     // go install …@main
		{assay, "v0.1.0", "", inside, Source{Version: "v0.1.0"}},      // built from a tag
		{assay, "v0.2.0-rc.1", "", inside, Source{Version: "v0.2.0-rc.1"}},
		{assay, "v0.1.0+dirty", "", inside, Source{Folder: clone}},
		{assay, pseudo, "", inside, Source{Folder: clone}},
		{assay, "(devel)", "", inside, Source{Folder: clone}},
		{assay, "(devel)", "", link, Source{Folder: clone}},
		{assay, "(devel)", "", outside, Source{}},
		{assay, "(devel)", "", filepath.Join(clone, "gone"), Source{}},
		{"example.com/other", "v1.0.0", "h1:x", outside, Source{}}, // a program that has assay in it
	} {
		info := &debug.BuildInfo{Main: debug.Module{Path: tt.path, Version: tt.version, Sum: tt.sum}}
		if got := Running(info, tt.program); got != tt.want {
			t.Errorf("%s@%s, %s: %+v, want %+v", tt.path, tt.version, tt.program, got, tt.want)
		}
	}
	if got := Running(nil, outside); got != (Source{}) {
		t.Errorf("without build information: %+v", got)
	}
}

func TestIn(t *testing.T) {
	if s, err := In("../.."); err != nil || !filepath.IsAbs(s.Folder) {
		t.Errorf("the repository: %+v, %v", s, err)
	}
	other := t.TempDir()
	if _, err := In(other); err == nil || !strings.Contains(err.Error(), "not the source of Assay") {
		t.Errorf("an empty folder: %v", err)
	}
	if err := os.WriteFile(filepath.Join(other, "go.mod"), []byte("module example.com/other\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := In(other); err == nil || !strings.Contains(err.Error(), `"example.com/other"`) {
		t.Errorf("another module: %v", err)
	}
}
