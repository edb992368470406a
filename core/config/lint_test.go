package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/diag"
)

// Every file of testdata/lint is valid and is warned of as its golden file says.
func TestLint(t *testing.T) {
	files, err := filepath.Glob("testdata/lint/*.hcl*")
	if err != nil {
		t.Fatal(err)
	}
	linted := 0
	for _, file := range files {
		if strings.HasSuffix(file, ".diag") {
			continue
		}
		linted++
		t.Run(filepath.Base(file), func(t *testing.T) {
			text := lint(t, file)
			if text == "" {
				t.Error("nothing is warned of")
			}
			compareGolden(t, strings.TrimSuffix(file, filepath.Ext(file))+".diag", text)
		})
	}
	if linted < 4 {
		t.Errorf("%d files, want at least 4", linted)
	}
}

func lint(t *testing.T, file string) string {
	t.Helper()
	// In a folder of its own: whether a name is used hangs on all files of a folder.
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dir := write(t, map[string]string{filepath.Base(file): string(src)})
	m, diags := Load([]string{dir}, Options{})
	_, more := m.Resolve(fakeOptions())
	diags = append(append(diags, more...), m.Lint()...)
	var text strings.Builder
	if err := diag.Write(&text, diags, m.Files(), false, 0); err != nil {
		t.Fatal(err)
	}
	if diags.HasErrors() {
		t.Fatalf("faults in a valid file:\n%s", text.String())
	}
	return strings.ReplaceAll(text.String(), dir+string(filepath.Separator), "")
}

// What the other files of a folder may refer to is not called unused.
func TestLintOfOneFileOfSeveral(t *testing.T) {
	dir := write(t, map[string]string{"a.hcl": strings.ReplaceAll(simple, "NAME", "x"), "b.hcl": "variable \"there\" { default = 1 }\nlocals { here = 2 }\n"})
	for _, c := range []struct {
		path string
		want int
	}{{dir, 2}, {filepath.Join(dir, "b.hcl"), 0}} {
		m, _ := Load([]string{c.path}, Options{})
		if diags := m.Lint(); len(diags) != c.want {
			t.Errorf("%s: %d warnings, want %d: %v", c.path, len(diags), c.want, diags)
		}
	}
}

// Values from outside are no references to what they are values of.
func TestLintWithValues(t *testing.T) {
	dir := write(t, map[string]string{"a.hcl": "variable \"unused\" {}\n" + strings.ReplaceAll(simple, "NAME", "x"), "b.vars.hcl": "unused = 1\n"})
	for _, o := range []Options{{Vars: map[string]string{"unused": "2"}}, {VarFiles: []string{filepath.Join(dir, "b.vars.hcl")}}} {
		m, diags := Load([]string{dir}, o)
		if diags = append(diags, m.Lint()...); len(diags) != 1 || diags[0].Summary != "Unused variable" {
			t.Errorf("%v", diags)
		}
	}
}

// The files that come with Assay, and those that the tests call right, are
// warned of nothing.
func TestNoLintOfWhatIsRight(t *testing.T) {
	files, err := filepath.Glob("testdata/right/*.hcl*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, path := range append(files, "../../experiments") {
		if strings.HasSuffix(path, ".golden") {
			continue
		}
		m, diags := Load([]string{path}, Options{})
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		if m.unread = 0; path != "../../experiments" {
			diags = m.Lint()
		}
		for _, d := range append(diags, m.Lint()...) {
			t.Errorf("%s: %s: %s", path, d.Summary, d.Detail)
		}
	}
}
