package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The host knows no kernel, no model and no first-party plugin, so that third
// parties stand on the same ground.
func TestHostNamesNoKernelModelOrFirstPartyPlugin(t *testing.T) {
	names := []string{`swi_?glu`, `qmm`, `qmv`, `\bmoe\b`, `qwen`, `\bglm\b`, `\blfm`, `gating`, `rms_?norm`, `sdpa`}
	plugins, err := os.ReadDir("../plugins")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range plugins {
		if p.IsDir() && p.Name() != "internal" {
			names = append(names, regexp.QuoteMeta(p.Name()), strings.ReplaceAll(p.Name(), "-", "_"))
		}
	}
	if len(names) < 14 {
		t.Fatalf("only %d names to look for: the first-party plugins were not found", len(names))
	}
	forbidden := regexp.MustCompile(`(?i)` + strings.Join(names, "|"))
	files := 0
	err = filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if d != nil && d.Name() == "testdata" {
				return fs.SkipDir
			}
			return err
		}
		if strings.HasSuffix(path, "_test.go") || !(strings.HasSuffix(path, ".go") || strings.HasSuffix(path, ".proto")) {
			return nil
		}
		files++
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for i, line := range strings.Split(string(src), "\n") {
			if m := forbidden.FindString(line); m != "" {
				t.Errorf("%s:%d names %q: %s", path, i+1, m, strings.TrimSpace(line))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 50 {
		t.Errorf("only %d files were read", files)
	}
}
