package schema

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
)

// folder has a file, a folder and a link that leads nowhere.
func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, err := range []error{
		os.Mkdir(filepath.Join(dir, "logs"), 0o755),
		os.WriteFile(filepath.Join(dir, "prompts.txt"), nil, 0o644),
		os.Symlink("nowhere", filepath.Join(dir, "dangling")),
		os.Symlink("prompts.txt", filepath.Join(dir, "link")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestPathsAreAbsolute(t *testing.T) {
	dir := folder(t)
	build := filepath.Join(dir, "build", "abc")
	files := Files{Base: dir, Pending: func(path string) bool { return strings.HasPrefix(path, build+string(filepath.Separator)) }}
	ls, _ := layers(t, `
inputs = ["prompts.txt", "./logs/../link", "`+dir+`/logs/", "build/abc/bin/tool"]
phase "b" {
  pattern = "x"
  log     = "logs"
}
phase "a" { pattern = "x" }
`)
	d, diags := compiled(t, labelled()).Decode(ls, hcl.Range{}, files)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	want := []Path{
		{"dir", dir},
		{"inputs[0]", dir + "/prompts.txt"},
		{"inputs[1]", dir + "/link"},
		{"inputs[2]", dir + "/logs"},
		{"inputs[3]", build + "/bin/tool"},
		{`phase["b"].log`, dir + "/logs"},
	}
	if diff := cmp.Diff(want, d.Paths()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	for _, p := range want {
		if !strings.Contains(string(d.JSON), `"`+p.Path+`"`) {
			t.Errorf("%s is not in %s", p.Path, d.JSON)
		}
	}
}

func TestPathFaults(t *testing.T) {
	dir := folder(t)
	const phase = "\nphase \"a\" { pattern = \"\" }"
	faults(t, labelled(), Files{Base: dir}, []faultCase{
		{"missing", `dir = "none"` + phase, `"dir": ` + dir + "/none does not exist; a relative path starts from the configuration's folder."},
		{"missing in a list", `inputs = ["logs", "none"]` + phase, `"inputs": ` + dir + "/none does not exist"},
		{"missing in a block", "phase \"a\" {\n pattern = \"\"\n log = \"none\"\n}", `"log": ` + dir + "/none does not exist"},
		{"absolute", `dir = "` + dir + `/none"` + phase, `"dir": ` + dir + "/none does not exist."},
		{"below a file", `dir = "prompts.txt/x"` + phase, "not a directory"},
		{"link that leads nowhere", `dir = "dangling"` + phase, "dangling does not exist"},
		{"home folder", `dir = "~/x"` + phase, "/~/x does not exist; ~ stands for nothing here, write the folder in full."},
		{"empty", `dir = ""` + phase, "the path is empty"},
		{"zero byte", `dir = "a\u0000b"` + phase, "zero byte"},
		{"too long", `dir = "` + strings.Repeat("x", 5000) + `"` + phase, "name too long"},
		{"wrong type", `dir = []` + phase, "It takes a path (Where it runs)."},
		{"wrong element", `inputs = [{}]` + phase, "It takes list(string) of paths."},
		{"null element", `inputs = [null]` + phase, "element 0 is null"},
	})
	ls, _ := layers(t, `inputs = ["logs", "none"]`+phase)
	_, diags := compiled(t, labelled()).Decode(ls, hcl.Range{}, Files{Base: dir})
	if len(diags) != 1 || diags[0].Subject.Start.Column != 19 {
		t.Errorf("not at the element: %v", diags)
	}
	gone := Files{Base: filepath.Join(dir, "gone")} // whose default "." does not exist either
	ls, _ = layers(t, phase)
	if _, diags = compiled(t, labelled()).Decode(ls, hcl.Range{}, gone); !strings.Contains(diags.Error(), "gone does not exist") || diags[0].Subject == nil {
		t.Errorf("missing default: %v", diags)
	}
}

func TestPathsOfWhatIsFaulty(t *testing.T) {
	ls, _ := layers(t, `dir = "none"`)
	d, _ := compiled(t, labelled()).Decode(ls, hcl.Range{}, Files{Base: t.TempDir()})
	if got := d.Paths(); len(got) != 0 {
		t.Errorf("paths %v", got)
	}
	if got := (*Decoded)(nil).Paths(); got != nil {
		t.Errorf("paths of nothing: %v", got)
	}
}
