package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/assay-bench/assay/core/internal/badplugin"
)

// suite runs the tests and removes what was built for them.
type suite struct{ *testing.M }

func (s suite) Run() int {
	defer func() { _ = os.RemoveAll(binaries()) }()
	return s.M.Run()
}

// binaries is the folder of what is built once and used by many tests.
var binaries = sync.OnceValue(func() string {
	dir, err := os.MkdirTemp("", "assay-cli-test")
	if err != nil {
		panic(err)
	}
	return dir
})

// badPlugins is a folder that holds the plugin that misbehaves.
var badPlugins = sync.OnceValues(func() (string, error) {
	dir := filepath.Join(binaries(), "bad")
	_, err := badplugin.Build(dir)
	return dir, err
})

func bad(t *testing.T) string {
	t.Helper()
	dir, err := badPlugins()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// building has, by name, the function that builds a plugin when it is first called.
var building sync.Map

// firstParty is the binary of a plugin of this repository.
func firstParty(name string) (string, error) {
	build, _ := building.LoadOrStore(name, sync.OnceValues(func() (string, error) {
		path := filepath.Join(binaries(), "assay-plugin-"+name)
		cmd := exec.Command("go", "build", "-ldflags=-s -w", "-o", path, "./plugins/"+name)
		cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("build plugin %s: %w\n%s", name, err, out)
		}
		return path, nil
	}))
	return build.(func() (string, error))()
}

// installPlugins puts plugins of this repository into .assay/plugins: plugins NAME….
// They are links: a copy could not be started while another script starts a program,
// which for a moment has the copy open to be written.
func installPlugins(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: plugins NAME…")
	}
	folder := ts.MkAbs(".assay/plugins")
	ts.Check(os.MkdirAll(folder, 0o755))
	for _, name := range args {
		path, err := firstParty(name)
		ts.Check(err)
		ts.Check(os.Link(path, filepath.Join(folder, filepath.Base(path))))
	}
}
