package config

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assay-bench/assay/core/diag"
)

// Every file of testdata/right resolves to its golden file.
func TestRight(t *testing.T) {
	files, err := filepath.Glob("testdata/right/*.hcl*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, ".golden") {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			m, diags := Load([]string{file}, Options{Version: "0.1.0"})
			experiments, more := m.Resolve(fakeOptions())
			diags = append(diags, more...)
			var text strings.Builder
			if err := diag.Write(&text, diags, m.Files(), false, 0); err != nil {
				t.Fatal(err)
			}
			if diags.HasErrors() {
				t.Fatalf("faults in a right file:\n%s", text.String())
			}
			var list []any
			for _, e := range experiments {
				list = append(list, golden(e))
			}
			got, err := json.MarshalIndent(map[string]any{"experiments": list, "warnings": text.String()}, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			compareGolden(t, file+".golden", string(got)+"\n")
		})
	}
}

func compareGolden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatalf("%v (write it with -update)", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}
