package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// ordinary are names of first-party plugins that are words of the host's own
// trade as well: it runs commands and imports what was measured with MLX. These
// may stand in comments, identifiers and sentences, but no string may be one of
// them: that is how code would treat a plugin specially.
var ordinary = []string{"command", "endpoint", "kernel", "mlx"}

// meant are strings that equal a plugin's name and mean something else.
var meant = map[string]string{
	"core/config command":     "the argument of a build block",
	"core/attribution kernel": "the part of an iteration's time that the device takes",
	"core/cli mlx":            "the Python package, whose version the doctor looks for",
	"core/importer/zmlx mlx":  "what the imported measurements were made with",
}

// The host knows no kernel, no model and no first-party plugin, so that third
// parties stand on the same ground.
func TestHostNamesNoKernelModelOrFirstPartyPlugin(t *testing.T) {
	plugins := firstParty(t)
	words := []string{`swi_?glu`, `qmm`, `qmv`, `\bmoe\b`, `qwen`, `\bglm\b`, `\blfm`, `gating`, `rms_?norm`, `sdpa`}
	var names []string
	for _, p := range plugins {
		names = append(names, p, "assay/"+p, "assay-plugin-"+p)
		if !slices.Contains(ordinary, p) {
			words = append(words, regexp.QuoteMeta(p), strings.ReplaceAll(p, "-", "_"))
		}
	}
	forbidden := regexp.MustCompile(`(?i)` + strings.Join(words, "|"))
	files := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
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
		if strings.HasSuffix(path, ".go") {
			return noLiteral(t, path, src, names)
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

// noLiteral reports strings that are one of the names.
func noLiteral(t *testing.T, path string, src []byte, names []string) error {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, src, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	folder := filepath.ToSlash(filepath.Join("core", filepath.Dir(path)))
	ast.Inspect(file, func(n ast.Node) bool {
		literal, ok := n.(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING {
			return true
		}
		text, err := strconv.Unquote(literal.Value)
		if err == nil && slices.Contains(names, text) && meant[folder+" "+text] == "" {
			t.Errorf("%s: the string %q is the name of a first-party plugin", set.Position(literal.Pos()), text)
		}
		return true
	})
	return nil
}

func firstParty(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir("../plugins")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range entries {
		if p.IsDir() && p.Name() != "internal" {
			names = append(names, p.Name())
		}
	}
	if len(names) < 4 {
		t.Fatalf("only the plugins %v were found", names)
	}
	return names
}
