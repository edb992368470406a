package main

import (
	"os"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/sdk/wire"
)

// TestDocs holds docs/plugins.md to the files that it shows and to the
// handshake that it tells authors of other languages to follow.
func TestDocs(t *testing.T) {
	page, err := os.ReadFile("../../../../docs/plugins.md")
	if err != nil {
		t.Fatal(err)
	}
	wants := []string{wire.CookieKey, wire.CookieValue, wire.EnvLifeline, wire.EnvLogLevel}
	for _, file := range []string{"main.go", "main_test.go", "add.metal"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		wants = append(wants, "\n"+string(text)+"```")
	}
	for _, want := range wants {
		if !strings.Contains(string(page), want) {
			t.Errorf("docs/plugins.md lacks:\n%s", want)
		}
	}
}
