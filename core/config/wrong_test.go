package config

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/diag"
)

// Every file of testdata/wrong is refused with the diagnostics of its golden
// file, each with a place, the source line and advice.
func TestWrong(t *testing.T) {
	files, err := filepath.Glob("testdata/wrong/*.hcl*")
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for _, file := range files {
		if strings.HasSuffix(file, ".diag") {
			continue
		}
		refused++
		t.Run(filepath.Base(file), func(t *testing.T) {
			m, diags := Load([]string{file}, Options{Version: "0.1.0"})
			_, more := m.Resolve(fakeOptions())
			diags = append(diags, more...)
			if !diags.HasErrors() {
				t.Error("a wrong file without an error")
			}
			for _, d := range diag.JSON(diags, m.Files()) {
				switch {
				case d.Range == nil:
					t.Errorf("no place: %s", d.Summary)
				case d.Snippet == nil && d.Range.File == file:
					t.Errorf("no source line: %s", d.Summary)
				case d.Detail == "":
					t.Errorf("no advice: %s", d.Summary)
				}
			}
			var text strings.Builder
			if err := diag.Write(&text, diags, m.Files(), false, 100); err != nil {
				t.Fatal(err)
			}
			compareGolden(t, strings.TrimSuffix(file, filepath.Ext(file))+".diag", text.String())
		})
	}
	if refused < 45 {
		t.Errorf("%d wrong files, want at least 45", refused)
	}
}
