package simd

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestGenerated runs the commands of go generate again, in a directory of their
// own: the assembly in the repository is what the generator writes.
func TestGenerated(t *testing.T) {
	dir := t.TempDir()
	gen := filepath.Join(dir, "generator")
	if out, err := exec.Command("go", "build", "-o", gen, "./gen").CombinedOutput(); err != nil {
		t.Fatalf("building the generator: %v\n%s", err, out)
	}
	const prefix = "//go:generate go run ./gen "
	source, err := os.ReadFile("dispatch_amd64.go")
	if err != nil {
		t.Fatal(err)
	}
	commands := 0
	for lines := bufio.NewScanner(bytes.NewReader(source)); lines.Scan(); {
		line, ok := strings.CutPrefix(lines.Text(), prefix)
		if !ok {
			continue
		}
		commands++
		args := strings.Fields(line)
		run := exec.Command(gen, args...)
		run.Dir = dir
		if out, err := run.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
		for i, arg := range args[:len(args)-1] {
			if arg == "-out" || arg == "-stubs" {
				compare(t, filepath.Join(dir, args[i+1]), args[i+1])
			}
		}
	}
	if files, err := filepath.Glob("*_amd64.s"); err != nil || len(files) != commands {
		t.Errorf("%d commands of go generate, but the assembly files are %v (%v)", commands, files, err)
	}
}

func compare(t *testing.T, fresh, file string) {
	t.Helper()
	want, err := os.ReadFile(fresh)
	if err != nil {
		t.Error(err)
		return
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Error(err)
		return
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what its generator writes: run go generate ./metal/cpu/simd", file)
	}
}
