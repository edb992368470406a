package cli

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

var advised = regexp.MustCompile("`(assay [^`]*)(?:`|$)")

// Every command that a message advises is one that there is, with flags and
// arguments that it takes.
func TestAdvisedCommandsParse(t *testing.T) {
	found := map[string]bool{}
	for _, folder := range []string{"core", "metal", "plugins"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				lit, ok := n.(*ast.BasicLit)
				if !ok || lit.Kind != token.STRING {
					return true
				}
				text, err := strconv.Unquote(lit.Value)
				if err != nil {
					t.Errorf("%s: %v", path, err)
					return true
				}
				for _, m := range advised.FindAllStringSubmatch(text, -1) {
					found[m[1]] = true
					if err := parses(m[1]); err != nil {
						t.Errorf("%s advises `%s`: %v", path, m[1], err)
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(found) < 10 {
		t.Errorf("%d commands, want at least 10: %v", len(found), found)
	}
}

func parses(command string) error {
	var g grammar
	p, err := kong.New(&g, kong.Name("assay"), kong.Exit(func(int) {}), variables(), kong.BindTo(context.Background(), (*context.Context)(nil)))
	if err != nil {
		return err
	}
	words := strings.Fields(regexp.MustCompile(`%[a-z]`).ReplaceAllString(command, "x"))
	_, err = p.Parse(longFlags(words[1:]))
	return err
}
