// Command fuzzall runs every fuzz target of the module, one after the other, and
// prints how often each ran.
//
//	go run ./core/internal/fuzzall [-time 30s] [-least 100000] [-target REGEXP]
//
// A target runs for -time, and on for up to four times as long until it has run
// -least times. It ends with status 1 where a target found a fault or ran less
// often; the input of a fault is in the package's testdata/fuzz.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
)

func main() {
	each := flag.Duration("time", 30*time.Second, "of each target")
	least := flag.Int("least", 0, "executions of each target")
	only := flag.String("target", ".", "only targets whose PACKAGE.NAME matches")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	failed, err := run(ctx, *each, *least, *only)
	if err != nil {
		fmt.Fprintln(os.Stderr, "fuzzall:", err)
		os.Exit(2)
	}
	if failed {
		os.Exit(1)
	}
}

// target is one fuzz target and what became of it.
type target struct {
	pkg, name string

	execs, found int
	took         time.Duration
	failed       bool
}

func (t *target) String() string { return strings.TrimPrefix(t.pkg, "./") + "." + t.name }

func run(ctx context.Context, each time.Duration, least int, only string) (failed bool, err error) {
	match, err := regexp.Compile(only)
	if err != nil {
		return false, fmt.Errorf("-target: %w", err)
	}
	all, err := targets(".")
	if err != nil {
		return false, err
	}
	all = slices.DeleteFunc(all, func(t *target) bool { return !match.MatchString(t.String()) })
	if len(all) == 0 {
		return false, fmt.Errorf("no target matches %q (run it in the module's root)", only)
	}
	ran := all[:0]
	for _, t := range all {
		if ctx.Err() != nil {
			break
		}
		limit := 4 * each
		for again := true; again && ctx.Err() == nil; again = !t.failed && t.execs < least && t.took < limit {
			if err := t.run(ctx, each); err != nil {
				return false, err
			}
		}
		fmt.Printf("%s: %d executions in %v\n", t, t.execs, t.took.Round(time.Second))
		ran = append(ran, t)
	}
	return table(os.Stdout, ran, least), ctx.Err()
}

var declared = regexp.MustCompile(`(?m)^func (Fuzz\w+)\(\w+ \*testing\.F\)`)

// targets lists the targets in the test files below root, by package.
func targets(root string) (out []*target, err error) {
	err = filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
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
			out = append(out, &target{pkg: "./" + filepath.ToSlash(filepath.Dir(path)), name: string(m[1])})
		}
		return nil
	})
	return out, err
}

// run fuzzes for a while. Inputs that cover more are made smaller only a little:
// otherwise that takes most of the time.
func (t *target) run(ctx context.Context, d time.Duration) error {
	cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-fuzz", "^"+t.name+"$", "-fuzztime", d.String(), "-fuzzminimizetime", "10x", t.pkg)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	began := time.Now()
	err := cmd.Run()
	execs, found, told := lastLine(out.String())
	t.execs, t.found, t.took = t.execs+execs, t.found+found, t.took+time.Since(began)
	if err != nil && ctx.Err() == nil {
		t.failed = true
		_, _ = io.Copy(os.Stdout, &out)
	}
	if !told && err == nil && !strings.Contains(out.String(), "gathering baseline") {
		return fmt.Errorf("%s: `go test` told no number of executions:\n%s", t, out.String())
	}
	return nil
}

var progress = regexp.MustCompile(`elapsed: .*, execs: (\d+) .*new interesting: (\d+)`)

// lastLine reads what `go test` said last of its executions.
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

// table is true where a target failed, or ran too little.
func table(to io.Writer, all []*target, least int) (failed bool) {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "target\texecutions\tper second\tnew inputs\t")
	sum := 0
	for _, t := range all {
		note := ""
		switch {
		case t.failed:
			note = "FAULT"
		case t.execs < least:
			note = "TOO FEW"
		}
		failed = failed || note != ""
		sum += t.execs
		fmt.Fprintf(w, "%s\t%d\t%.0f\t%d\t%s\n", t, t.execs, float64(t.execs)/max(t.took.Seconds(), 0.001), t.found, note)
	}
	fmt.Fprintf(w, "all\t%d\t\t\t\n", sum)
	_ = w.Flush()
	return failed
}
