package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/assay-bench/assay/core/fleet/internal/fakeassay"
)

// The test's binary is assay-fleet and the fake assay too, by its name in scripts and by
// the environment elsewhere.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) != "assay-fleet" {
		if os.Getenv(self) != "" {
			os.Exit(asFleet())
		}
		fakeassay.If()
	}
	testscript.Main(m, map[string]func(){
		"assay-fleet": func() { os.Exit(asFleet()) },
		"assay":       func() { os.Exit(fakeassay.Main(os.Args[1:])) },
	})
}
