package build

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Whatever a command prints, a few lines of it can be shown.
func FuzzLastLines(f *testing.F) {
	for _, text := range []string{"", "\n\n", "one\ntwo", "a\rb\r", "\x1b[31mred\x1b[0m\n", "\xff\xfe\x00", "\r\n", strings.Repeat("x", 5000), strings.Repeat("y\n", 5000)} {
		f.Add([]byte(text))
	}
	path := filepath.Join(f.TempDir(), "log")
	f.Fuzz(func(t *testing.T, log []byte) {
		if err := os.WriteFile(path, log, 0o600); err != nil {
			t.Fatal(err)
		}
		lines := lastLines(path)
		if len(lines) > 12 {
			t.Errorf("%d lines", len(lines))
		}
		for _, line := range lines {
			if strings.TrimSpace(line) == "" || strings.Contains(line, "\n") {
				t.Errorf("line %q", line)
			}
		}
	})
}

// Whatever an index holds, its entries are kept as they are.
func FuzzEntries(f *testing.F) {
	for _, text := range []string{"", "H 100644 e69d 0\ta\x00", "S 160000 e69d 0\tb c\nd\x00H x", "\x00\x00", "H", "h \t", "160000 \t\x00"} {
		f.Add(text)
	}
	root := f.TempDir()
	f.Fuzz(func(t *testing.T, listing string) {
		all, absent, _ := entries(root, listing)
		if want := len(fields(listing)); strings.Count(all, "\x00") != want || strings.Count(absent, "\x00") > want {
			t.Errorf("%q and %q of %q", all, absent, listing)
		}
	})
}
