package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// target is one fuzz target and what became of it.
type target struct {
	pkg, name string // a folder of the module, such as core/config, and a function

	execs, found int
	took         time.Duration
	failed       bool
}

func (t *target) String() string { return t.pkg + "." + t.name }

var declared = regexp.MustCompile(`(?m)^func (Fuzz\w+)\(\w+ \*testing\.F\)`)

// targets lists the targets in the test files below root, by package.
func targets(root string) (out []*target, err error) {
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".")):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range declared.FindAllSubmatch(src, -1) {
			out = append(out, &target{pkg: filepath.ToSlash(filepath.Dir(path)), name: string(m[1])})
		}
		return nil
	})
	return out, err
}

// instrumented are the packages whose coverage leads the search: this module's, and
// those that read text or binaries for it. `go test -fuzz` takes all that a test
// imports, and then spends most of its time on the counters of gRPC and the like:
// an execution resets, copies and compares every one.
var instrumented = []string{
	"./...", "encoding/json", "archive/tar", "archive/zip", "debug/elf", "github.com/hashicorp/hcl/v2/hclsyntax", "github.com/hashicorp/hcl/v2/json",
	"github.com/hashicorp/hcl/v2/hclwrite", "github.com/zclconf/go-cty/cty/json", "google.golang.org/protobuf/internal/encoding/json",
}

// workshop builds the programs of fuzz targets, in a folder of its own.
type workshop struct {
	dir    string
	cache  string // of inputs that cover more, as `go test -fuzz` has it
	module string
	built  string // the package whose program is in dir
}

func newWorkshop(ctx context.Context) (*workshop, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOCACHE").Output()
	if err != nil {
		return nil, fmt.Errorf("go env GOCACHE: %w", err)
	}
	module, err := exec.CommandContext(ctx, "go", "list", "-m").Output()
	if err != nil {
		return nil, fmt.Errorf("go list -m: %w", err)
	}
	w := &workshop{cache: filepath.Join(strings.TrimSpace(string(out)), "fuzz"), module: strings.TrimSpace(string(module))}
	w.dir, err = os.MkdirTemp("", "fuzzall")
	return w, err
}

func (w *workshop) close() { _ = os.RemoveAll(w.dir) }

// program is that of a package's tests.
func (w *workshop) program(ctx context.Context, pkg string) (string, error) {
	path := filepath.Join(w.dir, "fuzz.test")
	if w.built == pkg {
		return path, nil
	}
	args := []string{"test", "-c", "-o", path}
	for _, p := range instrumented {
		args = append(args, "-gcflags="+p+"=-d=libfuzzer")
	}
	if out, err := exec.CommandContext(ctx, "go", append(args, "./"+pkg)...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the tests of %s: %w\n%s", pkg, err, out)
	}
	w.built = pkg
	return path, nil
}

// fuzz runs a target for a while. Inputs that cover more are made smaller only a
// little: otherwise that takes most of the time.
func (w *workshop) fuzz(ctx context.Context, t *target, d time.Duration) error {
	program, err := w.program(ctx, t.pkg)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(
		ctx, program, "-test.run=^$", "-test.fuzz=^"+t.name+"$", "-test.fuzztime="+d.String(), "-test.fuzzminimizetime=10x",
		"-test.fuzzcachedir="+filepath.Join(w.cache, filepath.FromSlash(w.module+"/"+t.pkg)),
	)
	cmd.Dir = filepath.FromSlash(t.pkg)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	began := time.Now()
	err = cmd.Run()
	execs, found, told := lastLine(out.String())
	t.execs, t.found, t.took = t.execs+execs, t.found+found, t.took+time.Since(began)
	switch {
	case ctx.Err() != nil:
	case strings.Contains(out.String(), "not built with coverage instrumentation"):
		return errors.New("this Go does not instrument by -gcflags=-d=libfuzzer: without coverage a target hardly finds anything")
	case err != nil && !late.MatchString(out.String()):
		t.failed = true
		_, _ = io.Copy(os.Stdout, &out)
	case err == nil && !told && !strings.Contains(out.String(), "gathering baseline"):
		return fmt.Errorf("%s: its program told no number of executions:\n%s", t, out.String())
	}
	return nil
}

// late is how a program may end whose time is over: Go before 1.27 sometimes takes its
// own deadline for a fault (go.dev/issue/75804). A fault of the target has more text.
var late = regexp.MustCompile(`(?m)^--- FAIL: Fuzz\w+ \(.*\)\n    context deadline exceeded\nFAIL$`)

var progress = regexp.MustCompile(`elapsed: .*, execs: (\d+) .*new interesting: (\d+)`)

// lastLine reads what a program said last of its executions.
func lastLine(out string) (execs, found int, told bool) {
	all := progress.FindAllStringSubmatch(out, -1)
	if len(all) == 0 {
		return 0, 0, false
	}
	last := all[len(all)-1]
	execs, _ = strconv.Atoi(last[1])
	found, _ = strconv.Atoi(last[2])
	return execs, found, true
}
