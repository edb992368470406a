package main

import (
	"strings"
	"testing"
)

// Every phase and metric has its place on the page.
func TestReadmeNamesEverything(t *testing.T) {
	p := plugin()
	var names []string
	for _, phase := range p.Phases {
		names = append(names, phase.Name)
	}
	for _, m := range p.Metrics {
		names = append(names, m.Name)
	}
	for _, n := range names {
		if !strings.Contains(readme, "`"+n+"`") {
			t.Errorf("README.md does not explain %s", n)
		}
	}
}
