package main

import (
	"os"
	"strings"
	"testing"
)

// The example of the README is a file that a script runs.
func TestReadmeShowsTheExample(t *testing.T) {
	text, err := os.ReadFile("../../experiments/kernel/rms_norm.hcl")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(readme, "\n```hcl\n"+string(text)+"```") {
		t.Error("README.md lacks experiments/kernel/rms_norm.hcl")
	}
}
