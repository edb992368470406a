package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"

	"github.com/assay-bench/assay/core/diag"
)

// write makes a folder of files and returns it.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func render(t *testing.T, m *Module, diags hcl.Diagnostics) string {
	t.Helper()
	var b strings.Builder
	if err := diag.Write(&b, diags, m.Files(), false, 0); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const simple = `experiment "NAME" {
  plugin = "fake"
  config { model = "small" }
  variant "a" { baseline = true }
  variant "b" {
    config { fused = true }
  }
}
`

func TestFolderIsOneConfiguration(t *testing.T) {
	dir := write(t, map[string]string{
		"b.hcl":          strings.ReplaceAll(simple, "NAME", "second") + strings.ReplaceAll(simple, "NAME", "third"),
		"a.hcl":          strings.ReplaceAll(simple, "NAME", "first"),
		"c.hcl.json":     `{"experiment": {"fourth": {"plugin": "fake", "config": {"model": "small"}, "variant": {"a": {"baseline": true}, "b": {"config": {"fused": true}}}}}}`,
		"assay.lock.hcl": `plugin "x" {}`,
		"big.vars.hcl":   `model = "large"`,
		".hidden.hcl":    `nonsense`,
		"notes.txt":      `nonsense`,
	})
	m, diags := Load([]string{dir}, Options{})
	experiments, more := m.Resolve(fakeOptions())
	if diags = append(diags, more...); len(diags) > 0 {
		t.Fatal(render(t, m, diags))
	}
	var names []string
	for _, e := range experiments {
		names = append(names, e.Name)
	}
	if diff := cmp.Diff([]string{"first", "second", "third", "fourth"}, names); diff != "" {
		t.Error(diff)
	}
	if got := experiments[0].Source; got != strings.TrimSpace(strings.ReplaceAll(simple, "NAME", "first")) {
		t.Errorf("source %q", got)
	}
	// A single file works too, and a name it lacks may be in another file.
	m, diags = Load([]string{filepath.Join(dir, "b.hcl")}, Options{})
	if diags.HasErrors() || len(m.ExperimentNames()) != 2 {
		t.Errorf("%v %v", m.ExperimentNames(), diags)
	}
	if err := os.WriteFile(filepath.Join(dir, "d.hcl"), []byte(strings.ReplaceAll(simple, `"small"`, "var.model")), 0o644); err != nil {
		t.Fatal(err)
	}
	m, _ = Load([]string{filepath.Join(dir, "d.hcl")}, Options{})
	if _, diags = m.Resolve(fakeOptions()); !strings.Contains(render(t, m, diags), "name the folder: "+dir) {
		t.Error(render(t, m, diags))
	}
}

func TestLoadFaults(t *testing.T) {
	dir := write(t, map[string]string{"huge.hcl": "# " + strings.Repeat("x", MaxFileBytes), "readme.md": "x"})
	cases := []struct{ name, path, want string }{
		{"absent", filepath.Join(dir, "nothing"), "there is no file or folder"},
		{"another kind of file", filepath.Join(dir, "readme.md"), "must end in .hcl or .hcl.json"},
		{"too large", filepath.Join(dir, "huge.hcl"), "larger than 1048576 bytes"},
		{"empty folder", t.TempDir(), "holds no *.hcl or *.hcl.json file; write"},
		{"folder of another tool", write(t, map[string]string{"main.tf": "", "a.tf": "", "b.tf": "", "c.tf": ""}), "file (it has a.tf, b.tf, c.tf and 1 more); write"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m, diags := Load([]string{c.path}, Options{})
			experiments, more := m.Resolve(fakeOptions())
			if text := render(t, m, diags); !strings.Contains(text, c.want) || len(experiments)+len(more) > 0 {
				t.Errorf("want %q:\n%s%v", c.want, text, more)
			}
		})
	}
}

const variables = `
variable "name"  { default = "from default" }
variable "count" {
  type    = number
  default = 1
}
variable "steps" {
  type    = list(number)
  default = []
}
variable "on" {
  type    = bool
  default = false
}
`

// A folder's own files of values are read without being named, where the folder is.
func TestOwnValues(t *testing.T) {
	dir := write(t, map[string]string{
		"main.hcl": variables + strings.ReplaceAll(simple, "NAME", "x"), "assay.vars.hcl": "name = \"own\"\ncount = 2\nsteps = [1]\n",
		"b.auto.vars.hcl.json": `{"count": 4}`, "a.auto.vars.hcl": "count = 3\n", "other.vars.hcl": "count = 9\n", ".hidden.auto.vars.hcl": "count = 8\n",
	})
	env := func(name string) string { return map[string]string{"ASSAY_VAR_name": "from env"}[name] }
	for _, c := range []struct {
		name, path string
		opts       Options
		want       string
	}{
		{"a folder", dir, Options{Env: env}, "4 of b.auto.vars.hcl.json, own of assay.vars.hcl"},
		{"a folder with -var-file", dir, Options{VarFiles: []string{filepath.Join(dir, "other.vars.hcl")}}, "9 of -var-file other.vars.hcl, own of assay.vars.hcl"},
		{"a folder with -var", dir, Options{Vars: map[string]string{"count": "7"}}, "7 of -var, own of assay.vars.hcl"},
		{"a file alone", filepath.Join(dir, "main.hcl"), Options{}, "1 of default, from default of default"},
	} {
		m, diags := Load([]string{c.path}, c.opts)
		if len(diags) > 0 {
			t.Fatal(render(t, m, diags))
		}
		count, name := m.Variables["count"], m.Variables["name"]
		got := fmt.Sprintf("%s of %s, %s of %s", diag.Text(count.Value), count.From, name.Value.AsString(), name.From)
		if got = strings.ReplaceAll(got, dir+string(filepath.Separator), ""); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	for name, text := range map[string]string{"unknown.auto.vars.hcl": "cuont = 1\n", "broken.auto.vars.hcl": "count =\n", "wrong.auto.vars.hcl": "count = []\n"} {
		dir := write(t, map[string]string{"main.hcl": variables + strings.ReplaceAll(simple, "NAME", "x"), name: text})
		if m, diags := Load([]string{dir}, Options{}); !diags.HasErrors() || !strings.Contains(render(t, m, diags), name) {
			t.Errorf("%s: no fault that names it: %v", name, diags)
		}
	}
}

func TestVariableValues(t *testing.T) {
	dir := write(t, map[string]string{
		"main.hcl": variables + strings.ReplaceAll(simple, "NAME", "x"), "one.vars.hcl": "name = \"from file\"\ncount = 3\n",
		"two.vars.hcl": "count = 4\nsteps = [1, 2]\n", "three.json": `{"on": true}`,
	})
	in := func(name string) string { return filepath.Join(dir, name) }
	env := func(name string) string {
		return map[string]string{"ASSAY_VAR_count": "2", "ASSAY_VAR_name": "from env", "ASSAY_VAR_nonsense": "x"}[name]
	}
	cases := []struct {
		name string
		opts Options
		want map[string]string // variable -> value, origin
	}{
		{"defaults", Options{}, map[string]string{
			"name": `"from default", default`, "count": "1, default", "steps": "[], default", "on": "false, default",
		}},
		{"environment", Options{Env: env}, map[string]string{
			"name": `"from env", ASSAY_VAR_name`, "count": "2, ASSAY_VAR_count", "steps": "[], default", "on": "false, default",
		}},
		{"files over environment, later files over earlier", Options{Env: env, VarFiles: []string{in("one.vars.hcl"), in("two.vars.hcl"), in("three.json")}}, map[string]string{
			"name": `"from file", -var-file ` + in("one.vars.hcl"), "count": "4, -var-file " + in("two.vars.hcl"),
			"steps": "[1, 2], -var-file " + in("two.vars.hcl"), "on": "true, -var-file " + in("three.json"),
		}},
		{"flags over all", Options{Env: env, VarFiles: []string{in("one.vars.hcl")}, Vars: map[string]string{"name": "a, b", "count": "5", "steps": "[7, 8]", "on": "true"}}, map[string]string{
			"name": `"a, b", -var`, "count": "5, -var", "steps": "[7, 8], -var", "on": "true, -var",
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m, diags := Load([]string{in("main.hcl")}, c.opts)
			if len(diags) > 0 {
				t.Fatal(render(t, m, diags))
			}
			got := map[string]string{}
			for name, v := range m.Variables {
				got[name] = diag.Text(v.Value) + ", " + v.From
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestVariableValueFaults(t *testing.T) {
	dir := write(t, map[string]string{
		"main.hcl": variables + strings.ReplaceAll(simple, "NAME", "x"), "wrong.vars.hcl": "counts = 3\nsteps = true\nname = other\n",
		"syntax.vars.hcl": "count = = 3\n", "block.vars.hcl": "a {}\n",
		"heredoc.vars.hcl": "count = <<E\nmany\nE",
	})
	cases := []struct {
		name string
		opts Options
		want []string
	}{
		{"unknown flag", Options{Vars: map[string]string{"cuont": "1"}}, []string{"-var cuont:1:1", "cuont=1", `Did you mean "count"?`}},
		{"flag of another type", Options{Vars: map[string]string{"count": "many"}}, []string{"-var count:1:1", "has the type number"}},
		{"flag that is no expression", Options{Vars: map[string]string{"steps": "[1,"}}, []string{"-var steps:1:", "has the type list(number)"}},
		{"flag with names", Options{Vars: map[string]string{"steps": "[count]"}}, []string{"Variables not allowed"}},
		{"huge number in a flag", Options{Vars: map[string]string{"count": "1e999999999"}}, []string{"Number out of range"}},
		{"environment of another type", Options{Env: func(n string) string {
			if n == "ASSAY_VAR_on" {
				return "perhaps"
			}
			return ""
		}}, []string{"ASSAY_VAR_on:1:1", "has the type bool"}},
		{"file", Options{VarFiles: []string{filepath.Join(dir, "wrong.vars.hcl")}}, []string{
			`Did you mean "count"?`, "wrong.vars.hcl:2:9", "has the type list(number)", "wrong.vars.hcl:3:8", "3 errors",
		}},
		{"file with a syntax error", Options{VarFiles: []string{filepath.Join(dir, "syntax.vars.hcl")}}, []string{"syntax.vars.hcl:1:9"}},
		{"file with a block", Options{VarFiles: []string{filepath.Join(dir, "block.vars.hcl")}}, []string{"Blocks are not allowed here"}},
		{"absent file", Options{VarFiles: []string{filepath.Join(dir, "none.hcl")}}, []string{"There is no file", "1 error"}},
		{"heredoc that ends the file", Options{VarFiles: []string{filepath.Join(dir, "heredoc.vars.hcl")}}, []string{`has the type number`, "1 error"}},
		{"a key twice", Options{Vars: map[string]string{"steps": "[{ rows = 1, rows = 2 }]"}}, []string{"-var steps:1:14", `"rows" stands at`}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m, diags := Load([]string{filepath.Join(dir, "main.hcl")}, c.opts)
			text := render(t, m, diags)
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("want %q in\n%s", want, text)
				}
			}
			if experiments, _ := m.Resolve(fakeOptions()); experiments != nil {
				t.Error("a faulty module resolves to experiments")
			}
		})
	}
}

// Nesting without end is a diagnostic, not an exhausted stack.
// Values may be in a file that cannot be read: they are not missing as well.
func TestNoFollowOnOfAnUnreadFile(t *testing.T) {
	dir := write(t, map[string]string{"main.hcl": `variable "model" {}` + "\n" + strings.ReplaceAll(simple, "NAME", "x")})
	m, diags := Load([]string{dir}, Options{VarFiles: []string{filepath.Join(dir, "none.hcl")}})
	if text := render(t, m, diags); len(diags) != 1 || !strings.Contains(text, "There is no file") {
		t.Errorf("want one fault:\n%s", text)
	}
}

func TestSyntax(t *testing.T) {
	for text, want := range map[string]string{
		"locals {\n  x = " + strings.Repeat("[", 100000): "Nesting too deep",
		"locals {\n":    "Unclosed configuration block",
		"locals {\n}\n": "",
	} {
		diags := Syntax("x.hcl", []byte(text))
		if diags.HasErrors() != (want != "") || want != "" && diags[0].Summary != want {
			t.Errorf("%.20q: %v, want %q", text, diags, want)
		}
	}
}

func TestFormat(t *testing.T) {
	got := string(Format("x.hcl", []byte("experiment   \"x\" {\nplugin=\"fake\"\n  device =   \"cpu\"\n}\n")))
	want := "experiment \"x\" {\n  plugin = \"fake\"\n  device = \"cpu\"\n}\n"
	if got != want {
		t.Errorf("got %q", got)
	}
}
