package config

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/proto/pluginv1"
)

func TestProgramsAreCompared(t *testing.T) {
	base := func() Program {
		return Program{
			Plugin: "p", Name: "p", Version: "1.0.0", Binary: "/b", Env: map[string]string{"A": "1"}, Inherit: []string{"HOME"}, Device: "cuda", Kind: "cuda",
			Build: &Build{Repo: "/r", Ref: "main", Command: []string{"make"}, Dir: "/c/1"},
		}
	}
	cases := []struct {
		name   string
		change func(*Program)
		want   string
	}{
		{"nothing", func(*Program) {}, ""},
		{"another name of the plugin", func(p *Program) { p.Plugin = "alias" }, ""},
		{"the same device in full", func(p *Program) { p.Device = "cuda:0" }, ""},
		{"another name of the commit", func(p *Program) { p.Build.Ref = "HEAD" }, ""},
		{"plugin", func(p *Program) { p.Name = "q" }, "plugin"},
		{"version", func(p *Program) { p.Version = "1.0.1" }, "plugin"},
		{"index", func(p *Program) { p.Index = 1 }, "device"},
		{"kind", func(p *Program) { p.Kind = "cpu" }, "device"},
		{"no build", func(p *Program) { p.Build = nil }, "build"},
		{"ref", func(p *Program) { p.Build.Ref, p.Build.Dir = "branch", "/c/2" }, "build.ref"},
		{"repo", func(p *Program) { p.Build.Repo, p.Build.Dir = "/s", "/c/2" }, "build.repo"},
		{"command", func(p *Program) { p.Build.Command, p.Build.Dir = nil, "/c/2" }, "build.command"},
		{"env of the build", func(p *Program) { p.Build.Env, p.Build.Dir = map[string]string{"A": "1"}, "/c/2" }, "build.env"},
		{"compilers", func(p *Program) { p.Build.Dir = "/c/2" }, "build"},
		{"binary", func(p *Program) { p.Binary = "" }, "binary"},
		{"inherit", func(p *Program) { p.Inherit = nil }, "inherit"},
		{"a variable more", func(p *Program) { p.Env["B"] = "" }, "env.B"},
		{"another value", func(p *Program) { p.Env["A"] = "2" }, "env.A"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p, q := base(), base()
			c.change(&q)
			if got := p.difference(q); got != c.want || q.difference(p) != got || p.Same(q) != (got == "") {
				t.Errorf("differ in %q, and %q the other way; want %q", got, q.difference(p), c.want)
			}
		})
	}
}

// A build's folder is different on every machine, and the digest is not.
func TestDigestNamesTheBuild(t *testing.T) {
	src := `experiment "x" {
  plugin = "fake"
  build { command = ["make"] }
  config { model = "${build.dir}/<model>" }
  variant "a" { baseline = true }
  variant "b" {
    build { ref = "main" }
  }
}
`
	var digests []string
	for _, cache := range []string{"/cache", "/home/some one/<cache>"} {
		opts := fakeOptions()
		opts.Build = func(b *Build) error {
			b.Commit, b.Dir = "1", cache+"/"+b.Ref
			return nil
		}
		for _, v := range resolved(t, src, opts)[0].Cases[0].Variants {
			digests = append(digests, v.Digest)
			if v.Equals != "" {
				t.Errorf("%s: two builds are taken for one", v.Name)
			}
		}
	}
	if digests[0] != digests[1] || digests[0] != digests[2] || digests[0] != digests[3] {
		t.Errorf("%q", digests)
	}
}

// The environment is checked by whoever gives it to a plugin.
func TestEnvironmentIsChecked(t *testing.T) {
	src := `experiment "x" {
  plugin = "fake"
  inherit = ["HOME"]
  config { model = "m" }
  variant "a" { baseline = true }
  variant "b" { env = { SECRET_COOKIE = "1" } }
}
`
	opts := fakeOptions()
	opts.Environment = func(p Program) error {
		if _, ok := p.Env["SECRET_COOKIE"]; ok {
			return errors.New("env: SECRET_COOKIE is set by the host; take it out")
		}
		return nil
	}
	m, _ := load(".", []input{{"x.hcl", []byte(src)}}, Options{})
	_, diags := m.Resolve(opts)
	if text := render(t, m, diags); !strings.Contains(text, "x.hcl:6:23") || !strings.Contains(text, "Env: SECRET_COOKIE is set by the host") {
		t.Error(text)
	}
}

// Without plugins, names are checked in a config whose schema is unknown.
func TestBuildWithoutStandIn(t *testing.T) {
	src := `experiment "x" {
  plugin = "unheard-of"
  binary = "${build.dir}/bin/plugin"
  build { command = ["make"] }
  config {
    one = local.none
    inner { two = var.none }
    three = "${build.dir}/x"
  }
  variant "a" { baseline = true }
  variant "b" {
    build { ref = "main" }
    config { four = matrix.none }
  }
  guardrail "g" { phase = "anything" }
}
`
	m, _ := load(".", []input{{"x.hcl", []byte(src)}}, Options{})
	experiments, diags := m.Resolve(fakeOptions())
	text := render(t, m, diags)
	for _, want := range []string{"Unknown local", "Unknown variable", "Unknown matrix key", "No plugin of that name is installed", "and no plugin of its name is installed", "4 warnings"} {
		if !strings.Contains(text, want) {
			t.Errorf("want %q in\n%s", want, text)
		}
	}
	if len(experiments) != 1 || !experiments[0].Cases[0].Variants[0].Pending {
		t.Errorf("%+v", experiments)
	}
}

// auto is a kind that all plugins of the experiment run on.
func TestAutoIsForAllPlugins(t *testing.T) {
	describe := func(name, unit string, devices ...string) *pluginv1.DescribeResponse {
		return &pluginv1.DescribeResponse{Name: name, Version: "1.0.0", Phases: []*pluginv1.Phase{{Name: "p", Unit: unit}}, Devices: devices}
	}
	plugins := map[string]*pluginv1.DescribeResponse{
		"gpu": describe("gpu", "tok", "apple", "cuda", "sim"), "both": describe("both", "tok", "cuda", "cpu"),
		"cpu": describe("cpu", "call", "cpu"), "any": describe("any", "tok"),
	}
	cases := []struct{ name, plugins, able, want string }{
		{"one in common", "gpu both", "[cuda]", ""},
		{"one that runs on all", "cpu any", "[cpu]", "Different units"},
		{"nothing in common", "gpu cpu", "[apple cuda sim]", "The plugin cpu runs on cpu, not on cuda."},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			first, second, _ := strings.Cut(c.plugins, " ")
			src := fmt.Sprintf("experiment \"x\" {\n plugin = %q\n variant \"a\" { baseline = true }\n variant \"b\" { plugin = %q }\n}\n", first, second)
			asked := ""
			m, _ := load(".", []input{{"x.hcl", []byte(src)}}, Options{})
			_, diags := m.Resolve(ResolveOptions{
				Device: func(kind string, _ int, able []string) (DeviceFacts, error) {
					asked = fmt.Sprint(able)
					if kind == "auto" {
						kind = "cuda"
					}
					if len(able) == 1 {
						kind = able[0]
					}
					return DeviceFacts{Kind: kind}, nil
				},
				Schema: func(p Program) (*pluginv1.DescribeResponse, error) { return plugins[p.Plugin], nil },
			})
			if text := render(t, m, diags); asked != c.able || !strings.Contains(text, c.want) || c.want == "" && text != "" {
				t.Errorf("asked for one of %s, want %s\n%s", asked, c.able, text)
			}
		})
	}
}

func TestTooManyBuilds(t *testing.T) {
	src := `experiment "x" {
  plugin = "fake"
  matrix = { n = range(200) }
  build {
    command = ["make"]
    env     = { N = matrix.n }
  }
  config { model = "m" }
  variant "a" { baseline = true }
  variant "b" {
    config { fused = true }
  }
}
`
	opts := fakeOptions()
	asked := 0
	opts.Build = func(b *Build) error { asked++; return fakeBuild(b) }
	m, _ := load(".", []input{{"x.hcl", []byte(src)}}, Options{})
	_, diags := m.Resolve(opts)
	if text := render(t, m, diags); asked != maxBuilds || !strings.Contains(text, "Too many builds") || !strings.Contains(text, "In 100 of 200 cases") {
		t.Errorf("asked %d times\n%s", asked, text)
	}
}

// A branch and a clean working tree are equal until somebody edits a file, and
// same_as would be an error then.
func TestOneCommitUnderTwoNames(t *testing.T) {
	for _, c := range []struct{ baseline, variant, says string }{
		{"main", "null", `"b", built from the working tree, and "a", built from main, are one commit now, aaaaaaa, so that "b" can neither win nor be selected. Change the code, or name another ref; same_as would be an error from that change on.`},
		{"main", `"HEAD"`, `"b", built from HEAD, and "a", built from main, are one commit now`},
		{"main", `"main"`, `or write same_as = "a" if it is meant as an A/A arm.`},
	} {
		opts := fakeOptions()
		opts.Build = func(b *Build) error {
			b.Commit, b.Dir, b.Built = "aaaaaaa", "/cache/build/aaaaaaa", true
			return nil
		}
		m, _ := load(".", []input{{"x.hcl", []byte(fmt.Sprintf(`experiment "x" {
  plugin = "fake"
  build { command = ["make"] }
  config { model = "m" }
  variant "a" {
    baseline = true
    build { ref = %q }
  }
  variant "b" {
    build { ref = %s }
  }
}
`, c.baseline, c.variant))}}, Options{})
		_, diags := m.Resolve(opts)
		if text := strings.Join(strings.Fields(render(t, m, diags)), " "); !strings.Contains(text, c.says) {
			t.Errorf("%s against %s: %s", c.variant, c.baseline, text)
		}
	}
}
