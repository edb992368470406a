package main

import (
	"os"
	"strings"
	"testing"
)

// The examples of the README are files that a script runs.
func TestReadmeShowsTheExamples(t *testing.T) {
	for _, name := range []string{"bench.hcl", "served.hcl", "bench.py"} {
		text, err := os.ReadFile("example/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(readme, "\n"+string(text)+"```") {
			t.Errorf("README.md lacks example/%s", name)
		}
	}
	page, err := os.ReadFile("../../docs/zmlx.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"as_it_is.hcl", "arm.py", "in_turns.hcl", "op.hcl"} {
		text, err := os.ReadFile("example/zmlx/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(page), "\n"+string(text)+"```") {
			t.Errorf("docs/zmlx.md lacks example/zmlx/%s", name)
		}
	}
	for _, name := range coldCaches {
		if !strings.Contains(readme, "`"+name+"`") {
			t.Errorf("README.md does not name %s", name)
		}
	}
}
