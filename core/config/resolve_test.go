package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/metal/devices"
)

// resolved loads one source and resolves it without a fault.
func resolved(t *testing.T, src string, opts ResolveOptions) []*Experiment {
	t.Helper()
	m, diags := load(".", []input{{"x.hcl", []byte(src)}}, Options{})
	experiments, more := m.Resolve(opts)
	if diags = append(diags, more...); diags.HasErrors() {
		t.Fatal(render(t, m, diags))
	}
	return experiments
}

func named(names ...string) string {
	var b strings.Builder
	for _, n := range names {
		name, extra, _ := strings.Cut(n, ":")
		fmt.Fprintf(&b, "experiment %q {\n  plugin = \"fake\"\n  %s\n  config { model = \"small\" }\n  variant \"a\" { baseline = true }\n  variant \"b\" {}\n}\n", name, extra)
	}
	return b.String()
}

func TestOrderAndOnly(t *testing.T) {
	src := named("a: depends_on = [experiment.c]", "b", "c", "d: when = experiment.b.verdict == \"fail\"", "e: depends_on = [experiment.d]")
	cases := []struct {
		name string
		only []string
		want []string // name, and after what
	}{
		{"all", nil, []string{"c []", "a [c]", "b []", "d [b]", "e [d]"}},
		{"order is no reason to run", []string{"a"}, []string{"a []"}},
		{"a condition is", []string{"d"}, []string{"b []", "d [b]"}},
		{"not for its followers", []string{"e", "c"}, []string{"c []", "e []"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			opts := fakeOptions()
			opts.Only = c.only
			var got []string
			for _, e := range resolved(t, src, opts) {
				got = append(got, fmt.Sprintf("%s %v", e.Name, e.DependsOn))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	m, _ := load(".", []input{{"x.hcl", []byte(src)}}, Options{})
	opts := fakeOptions()
	opts.Only = []string{"aa"}
	if _, diags := m.Resolve(opts); !strings.Contains(render(t, m, diags), `Did you mean "a"?`) {
		t.Error(render(t, m, diags))
	}
}

func TestPluginsAndDevicesAreAskedOnce(t *testing.T) {
	opts := fakeOptions()
	plugins, devices := 0, 0
	schema, device := opts.Schema, opts.Device
	opts.Schema = func(p Program) (*pluginv1.DescribeResponse, error) { plugins++; return schema(p) }
	opts.Device = func(n string, i int, able []string) (DeviceFacts, error) { devices++; return device(n, i, able) }
	resolved(t, named("a", "b", "c: device = \"cuda\""), opts)
	if plugins != 1 || devices != 2 {
		t.Errorf("asked %d plugins, %d devices", plugins, devices)
	}
}

func TestWithoutPluginsNorDevice(t *testing.T) {
	src := "locals { n = device.kind == \"cpu\" ? 3 : 4 }\n" + named("a: matrix = { k = range(local.n) }")
	e := resolved(t, src, ResolveOptions{})[0]
	if len(e.Cases) != 3 || e.Cases[0].Variants[0].JSON != nil {
		t.Errorf("%+v", e.Cases)
	}
}

// The same configuration has the same digest whatever the order in which it
// is written.
func TestDigestIsOfTheValue(t *testing.T) {
	one := resolved(t, named("a"), fakeOptions())[0]
	two := resolved(t, strings.Replace(named("a"), `config { model = "small" }`, "config {\n tokens = 1.0\n model = \"small\"\n}", 1), fakeOptions())[0]
	three := resolved(t, strings.Replace(named("a"), `"small"`, `"large"`, 1), fakeOptions())[0]
	d := func(e *Experiment) string { return e.Cases[0].Variants[0].Digest }
	if d(one) != d(two) || d(one) == d(three) || !strings.HasPrefix(d(one), "sha256:") {
		t.Errorf("%s %s %s", d(one), d(two), d(three))
	}
}

func TestPluginDiagnosticsAreMerged(t *testing.T) {
	src := `experiment "x" {
  plugin = "fake"
  matrix = { tokens = range(1, 65), bits = [4, 8] }
  config {
    model  = "small"
    tokens = matrix.tokens
    bits   = matrix.bits
  }
  variant "a" { baseline = true }
  variant "b" {
    config { fused = true }
  }
}
`
	m, _ := load(".", []input{{"x.hcl", []byte(src)}}, Options{})
	opts := fakeOptions()
	asked := 0
	opts.Validate = func(p Program, config []byte) (*pluginv1.ValidateConfigResponse, error) {
		asked++
		if p.Plugin != "fake" || p.Kind != "cpu" {
			t.Errorf("asked %+v", p)
		}
		if !strings.Contains(string(config), `"tokens":7,`) {
			return nil, nil
		}
		return &pluginv1.ValidateConfigResponse{Diagnostics: []*pluginv1.Diagnostic{{
			Severity: pluginv1.Diagnostic_SEVERITY_ERROR, Summary: "Unlucky number", Detail: "Take another one.",
			Path: []*pluginv1.PathStep{{Step: &pluginv1.PathStep_Name{Name: "tokens"}}},
		}}}, nil
	}
	_, diags := m.Resolve(opts)
	if asked != 256 {
		t.Errorf("asked %d times", asked)
	}
	want := `Error: Unlucky number

  x.hcl:6:14, in experiment "x" > config
  6 |     tokens = matrix.tokens
    |              ^^^^^^^^^^^^^
  with matrix.tokens = 7

  Take another one.
  In 2 of 128 cases, the first: bits=4,tokens=7.

1 error
`
	if diff := cmp.Diff(want, render(t, m, diags)); diff != "" {
		t.Error(diff)
	}
	opts.Validate = func(Program, []byte) (*pluginv1.ValidateConfigResponse, error) { return nil, errors.New("gone") }
	if experiments, diags := m.Resolve(opts); len(experiments) != 1 || !strings.Contains(render(t, m, diags), "could not be asked about it: gone.") {
		t.Error(render(t, m, diags))
	}
	var proposed Variant
	if d := proposed.Diagnostics("fake", []*pluginv1.Diagnostic{{Summary: "s"}}); len(d) != 1 || d[0].Severity != hcl.DiagError {
		t.Error(d)
	}
}

// An experiment may name each kind of device that there is.
func TestDeviceKinds(t *testing.T) {
	if want := devices.Kinds(); !slices.Equal(deviceKinds, want) {
		t.Errorf("deviceKinds are %v, package devices opens %v", deviceKinds, want)
	}
}
