package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"slices"
	"syscall"

	"github.com/assay-bench/assay/metal/metallib"
)

// options of one run.
type options struct {
	wheel   string
	index   string
	sources string // folder of MLX's sources, for kernels that the wheel has no source of
	workers int
	per     int
	short   bool
	all     bool
	list    bool
	kernels string
	absent  bool // a wheel that cannot be had is no failure
}

func main() {
	var o options
	flag.StringVar(&o.wheel, "wheel", "", "path of "+pinned.file+" (it is fetched otherwise, once)")
	flag.StringVar(&o.index, "index", "https://pypi.org/simple", "index of packages (PEP 503) to fetch it from")
	flag.StringVar(&o.sources, "sources", "", "folder of MLX's sources of the wheel's version: norms, rope, arg_reduce and random bits are compared too")
	flag.IntVar(&o.workers, "j", runtime.NumCPU(), "kernels at once")
	flag.IntVar(&o.per, "per", 48, "most kernels of a family; they are spread over its names")
	flag.BoolVar(&o.short, "short", false, "one kernel of each family, and those that showed faults before")
	flag.BoolVar(&o.all, "all", false, "every kernel of every family (hours)")
	flag.StringVar(&o.kernels, "kernels", "", "only kernels that match a regular expression, all of them")
	flag.BoolVar(&o.list, "list", false, "print every difference, not the first ones only")
	flag.BoolVar(&o.absent, "skip-absent", false, "end well, with a reason, where the wheel cannot be had")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "oracle: unexpected argument %q: -kernels selects kernels\n", flag.Arg(0))
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, o, os.Stdout, os.Stderr)
	if o.absent && errors.Is(err, errAbsent) {
		fmt.Fprintln(os.Stderr, "oracle: skipped:", err)
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "oracle:", err)
		os.Exit(1)
	}
}

// run compares kernels and prints the tables. What is not explained is an error.
func run(ctx context.Context, o options, out io.Writer, terminal *os.File) error {
	w, err := pinned.open(ctx, o.wheel, o.index, terminal)
	if err != nil {
		return err
	}
	w.sources = o.sources
	library, err := metallib.Open(w.library)
	if err != nil {
		return err
	}
	names := library.Names()
	if err := library.Close(); err != nil {
		return err
	}
	jobs, err := choose(names, o)
	if err != nil {
		return err
	}
	p := pool{workers: o.workers, progress: progressOn(terminal)}
	outcomes, err := p.compare(ctx, w, jobs)
	if err != nil {
		return err
	}
	details := 20
	if o.list {
		details = 0
	}
	tabulate(out, outcomes, details)
	if n := failures(outcomes); n > 0 {
		return fmt.Errorf("%d of %d kernels differ from Apple's compilation of them", n, len(outcomes))
	}
	return nil
}

// choose lists the kernels that options ask for, by family in the order of the names.
func choose(names []string, o options) ([]job, error) {
	only, err := regexp.Compile(o.kernels)
	if err != nil {
		return nil, fmt.Errorf("-kernels: %w", err)
	}
	if o.per < 1 {
		return nil, fmt.Errorf("-per %d: want 1 or more", o.per)
	}
	fs := families()
	byFamily, order := map[string][]job{}, []string{}
	for _, name := range names {
		j, ok := find(fs, name)
		if !ok || !only.MatchString(name) || j.family.sources && o.sources == "" {
			continue
		}
		if byFamily[j.family.name] == nil {
			order = append(order, j.family.name)
		}
		byFamily[j.family.name] = append(byFamily[j.family.name], j)
	}
	var jobs []job
	for _, name := range order {
		of := byFamily[name]
		switch {
		case o.all || o.kernels != "":
			jobs = append(jobs, of...)
		case o.short:
			jobs = append(jobs, spread(of, 1)...)
			for _, j := range of {
				if slices.Contains(telling, j.kernel) && !slices.ContainsFunc(jobs, func(k job) bool { return k.kernel == j.kernel }) {
					jobs = append(jobs, j)
				}
			}
		default:
			jobs = append(jobs, spread(of, o.per)...)
		}
	}
	if len(jobs) == 0 {
		matching := 0
		for _, name := range names {
			if only.MatchString(name) {
				matching++
			}
		}
		return nil, fmt.Errorf("-kernels %s: of the library's kernels %d match, none of a family that is compared; families of kernels that the wheel has no headers of need -sources", o.kernels, matching)
	}
	return jobs, nil
}

// telling are kernels that showed faults of the reading before: bfloat simdgroup
// operations that round at each step, functions of half that return half instead of
// float, conversions to integers out of range, and overloads of log1p.
var telling = []string{
	"all_reduce_sumbfloat16", "block_softmax_bfloat16", "v_Sigmoidfloat16float16", "v_copyfloat32int8", "v_copyfloat32uint32", "v_Log1pfloat16float16",
}

// spread takes n of the jobs, as far from each other as they are many.
func spread(of []job, n int) []job {
	n = min(n, len(of))
	out := make([]job, n)
	for i := range n {
		out[i] = of[(2*i+1)*len(of)/(2*n)]
	}
	return out
}
