package main

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// The floors that CONTRIBUTING.md lists hold every package of the host, and
// nothing imports from its own floor or from above.
func TestFloors(t *testing.T) {
	page, err := os.ReadFile("../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(page), "The floors of the host")
	_, list, _ = strings.Cut(list, "\n\n")
	list, _, _ = strings.Cut(list, "\n\n")
	floor := map[string]int{}
	for i, line := range strings.Split(list, "\n") {
		for _, name := range strings.Fields(line) {
			floor[name] = i + 1
		}
	}
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		const module = "github.com/assay-bench/assay/"
		name := strings.TrimPrefix(p.ImportPath, module)
		if name == "core" || strings.HasPrefix(name, "core/internal/") && floor[name] == 0 || strings.HasPrefix(name, "core/sdk") && name != "core/sdk/wire" {
			continue // the command, what only tests and studies use, and what plugins are made of
		}
		if seen++; floor[name] == 0 {
			t.Errorf("CONTRIBUTING.md puts %s on no floor", name)
		}
		for _, imported := range p.Imports {
			other, ours := strings.CutPrefix(imported, module+"core/")
			if ours && floor["core/"+other] >= floor[name] {
				t.Errorf("%s (floor %d) imports core/%s (floor %d)", name, floor[name], other, floor["core/"+other])
			}
		}
	}
	if seen != len(floor) {
		t.Errorf("%d packages, %d on the floors", seen, len(floor))
	}
}
