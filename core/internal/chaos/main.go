// Command chaos runs short sessions of the real assay, with real plugin processes,
// under faults: of the plugin, of the host, of the disk, of journals, of the
// terminal, of limits and of a second session. It draws everything from a seed.
// After each session it holds
//
//   - the plugin's own list of acknowledged samples against journal and documents,
//   - what still runs, and what still lies about, against nothing,
//   - the exit status against the table in README,
//   - verdicts against the arms, of which one equals the baseline and one is slower,
//   - documents against their schema,
//   - what was printed against what a terminal obeys,
//   - and what was said of a hostile plugin against what it did.
//
// Session number i of a run with seed S has the seed S+i, and alone makes its fault
// again:
//
//	make chaos N=500 SEED=1
//	make chaos N=1 SEED=17 FAULT=host/kill
//
// With -modes (make hostile) it runs each mode of the hostile plugin once, and prints
// what was said of it.
//
// It needs Linux: it finds processes in /proc.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

func main() {
	n := flag.Int("n", 20, "sessions")
	seed := flag.Uint64("seed", uint64(time.Now().UnixNano()%1e6), "of everything that is drawn")
	only := flag.String("fault", "", "only faults whose KIND/NAME begins so")
	side := flag.Int("side", 2, "sessions at a time")
	list := flag.Bool("list", false, "list the faults and end")
	bin := flag.String("bin", "", "folder with assay and plugins/assay-plugin-hostile (default: built)")
	verbose := flag.Bool("v", false, "print each session")
	modes := flag.Bool("modes", false, "run each mode of the hostile plugin once, and print what was said of it")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	faults := slices.DeleteFunc(allFaults(), func(f fault) bool { return !strings.HasPrefix(f.id(), *only) })
	if *list {
		for _, f := range faults {
			fmt.Println(f.id())
		}
		return
	}
	if *modes {
		faults = slices.DeleteFunc(faults, func(f fault) bool { return f.mode.Name == "" })
		*n = len(faults)
	}
	failed, err := run(ctx, study{*n, *side, *seed, faults, *bin, *verbose, *modes})
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(2)
	}
	if failed {
		os.Exit(1)
	}
}

// study is what the flags say.
type study struct {
	n, side int
	seed    uint64
	faults  []fault
	bin     string
	verbose bool
	modes   bool
}

func run(ctx context.Context, s study) (failed bool, err error) {
	if s.n < 1 || s.side < 1 || len(s.faults) == 0 {
		return false, fmt.Errorf("%d sessions, %d at a time, of %d faults: each must be 1 or more (-list names the faults)", s.n, s.side, len(s.faults))
	}
	root, err := os.MkdirTemp("", "chaos")
	if err != nil {
		return false, err
	}
	bin, err := filepath.Abs(s.bin)
	if err != nil {
		return false, err
	}
	p := programs{filepath.Join(bin, "assay"), filepath.Join(bin, "plugins")}
	if s.bin == "" {
		if p, err = build(root); err != nil {
			return false, err
		}
	}
	began := time.Now()
	var t table
	jobs := make(chan *trial)
	var wg sync.WaitGroup
	for range s.side {
		wg.Go(func() {
			for x := range jobs {
				x.run(ctx)
				if ctx.Err() != nil {
					continue // cut by our own end, which is no fault of assay's
				}
				t.add(x)
				if s.verbose || len(x.problems) > 0 {
					x.print()
				}
			}
		})
	}
	for i, f := range schedule(s.faults, s.n, s.seed) {
		if ctx.Err() != nil {
			break
		}
		jobs <- newTrial(p, f, s.seed+uint64(i), filepath.Join(root, fmt.Sprint(i)))
	}
	close(jobs)
	wg.Wait()
	if s.modes {
		t.printModes(os.Stdout)
	}
	t.print(s.seed, time.Since(began))
	if t.failed() {
		fmt.Printf("what the failed sessions left is in %s\n", root)
		return true, ctx.Err()
	}
	return false, os.RemoveAll(root)
}

// schedule draws n faults: the kinds take turns, by how many faults they have, and
// within a kind each comes once before one comes twice.
func schedule(faults []fault, n int, seed uint64) []fault {
	rng := rand.New(rand.NewPCG(seed, 1))
	var out []fault
	for len(out) < n {
		turn := slices.Clone(faults)
		rng.Shuffle(len(turn), func(i, j int) { turn[i], turn[j] = turn[j], turn[i] })
		out = append(out, spread(turn)...)
	}
	return out[:n]
}

// spread orders faults so that a short beginning of them has every kind.
func spread(faults []fault) []fault {
	total, seen := map[string]int{}, map[string]int{}
	for _, f := range faults {
		total[f.kind]++
	}
	at := map[string]float64{}
	for _, f := range faults {
		seen[f.kind]++
		at[f.id()] = (float64(seen[f.kind]) - 0.5) / float64(total[f.kind])
		if seen[f.kind] == 1 {
			at[f.id()] = 0
		}
	}
	slices.SortStableFunc(faults, func(a, b fault) int {
		switch {
		case at[a.id()] < at[b.id()]:
			return -1
		case at[a.id()] > at[b.id()]:
			return 1
		}
		return 0
	})
	return faults
}

// programs are what sessions run.
type programs struct{ assay, plugins string }

func build(root string) (p programs, err error) {
	p = programs{filepath.Join(root, "bin", "assay"), filepath.Join(root, "bin", "plugins")}
	const module = "github.com/assay-bench/assay/core"
	for path, pkg := range map[string]string{
		p.assay: module,
		filepath.Join(p.plugins, "assay-plugin-hostile"): module + "/internal/hostile/assay-plugin-hostile",
	} {
		cmd := exec.Command("go", "build", "-o", path, pkg)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return p, fmt.Errorf("building %s: %w\n%s", pkg, err, out)
		}
	}
	return p, nil
}
