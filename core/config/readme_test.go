package config

import (
	"os"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/proto/pluginv1"
)

// The experiment in README.md loads, resolves and is formatted.
func TestReadme(t *testing.T) {
	page, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, found := strings.Cut(string(page), "```hcl\n")
	text, _, _ = strings.Cut(text, "```")
	if !found {
		t.Fatal("README.md shows no experiment")
	}
	opts := fakeOptions()
	opts.Schema = func(Program) (*pluginv1.DescribeResponse, error) {
		d := fakeDescribe()
		d.Source = "" // it stands for plugins of several sources
		return d, nil
	}
	m, diags := load(".", []input{{"README.hcl", []byte(text)}}, Options{Version: "0.1.0"})
	experiments, more := m.Resolve(opts)
	if faults := render(t, m, append(diags, more...)); faults != "" || len(experiments) != 1 {
		t.Errorf("%d experiments, faults:\n%s", len(experiments), faults)
	}
	if got := string(Format("x.hcl", []byte(text))); got != text {
		t.Errorf("not formatted:\n%s", got)
	}
}
