package main

import (
	"go/build"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	importedBy = regexp.MustCompile(`Imported by ([^.]+(?:\.[a-z][^.]*)*)\.(?:\s|$)`)
	listed     = regexp.MustCompile(`, | and `)
)

// What a package's comment says of who imports it holds, on Linux or on macOS:
// the paths of all importers that are no tests, or "tests only".
func TestImportedBy(t *testing.T) {
	const module = "github.com/assay-bench/assay/"
	importers, says := map[string][]string{}, map[string][]string{}
	for _, top := range []string{"core", "metal", "plugins"} {
		err := filepath.WalkDir("../"+top, func(path string, d os.DirEntry, err error) error {
			if err != nil || !d.IsDir() {
				return err
			}
			if d.Name() == "testdata" {
				return filepath.SkipDir
			}
			name := filepath.ToSlash(strings.TrimPrefix(path, "../"))
			for _, system := range []string{"linux", "darwin"} {
				at := build.Default
				at.GOOS, at.CgoEnabled = system, false
				p, err := at.ImportDir(path, build.ImportComment)
				if err != nil {
					continue // a folder without Go files for the system
				}
				for _, i := range p.Imports {
					if of, ours := strings.CutPrefix(i, module); ours && !slices.Contains(importers[of], name) {
						importers[of] = append(importers[of], name)
					}
				}
				if m := importedBy.FindStringSubmatch(packageComment(t, path, p.GoFiles)); m != nil {
					says[name] = listed.Split(m[1], -1)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(says) < 20 {
		t.Errorf("only %d packages say who imports them", len(says))
	}
	for name, said := range says {
		want := importers[name]
		if len(want) == 0 {
			want = []string{"tests only"}
		}
		slices.Sort(want)
		slices.Sort(said)
		if !slices.Equal(said, want) {
			t.Errorf("%s says that it is imported by %s; it is imported by %s", name, strings.Join(said, ", "), strings.Join(want, ", "))
		}
	}
}

// packageComment is the text above the package clauses, without line breaks.
func packageComment(t *testing.T, folder string, files []string) string {
	t.Helper()
	var out []string
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(folder, file))
		if err != nil {
			t.Fatal(err)
		}
		head, _, _ := strings.Cut("\n"+string(text), "\npackage ")
		for line := range strings.Lines(head) {
			out = append(out, strings.TrimSpace(strings.TrimPrefix(line, "//")))
		}
	}
	return strings.Join(out, " ")
}
