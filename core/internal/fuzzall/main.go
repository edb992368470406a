// Command fuzzall runs every fuzz target of the module, one after the other, and
// prints how often each ran.
//
//	go run ./core/internal/fuzzall [-time 30s] [-least 100000] [-limit 2m] [-target REGEXP]
//
// A target runs for -time, and on until it has run -least times or for -limit. The
// command ends with status 1 where a target found a fault or ran less often; the
// input of a fault is in the package's testdata/fuzz. What covers more is kept where
// `go test -fuzz` keeps it, so that each run goes on from the last.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"syscall"
	"text/tabwriter"
	"time"
)

func main() {
	var b bounds
	flag.DurationVar(&b.each, "time", 30*time.Second, "of each target")
	flag.IntVar(&b.least, "least", 100_000, "executions of each target")
	flag.DurationVar(&b.limit, "limit", 0, "of a target that is slow to reach -least (default: four times -time)")
	only := flag.String("target", ".", "only targets whose PACKAGE.NAME matches")
	flag.Parse()
	if b.limit == 0 {
		b.limit = 4 * b.each
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	failed, err := run(ctx, b, *only)
	if err != nil {
		fmt.Fprintln(os.Stderr, "fuzzall:", err)
		os.Exit(2)
	}
	if failed {
		os.Exit(1)
	}
}

// bounds say how long a target runs.
type bounds struct {
	each, limit time.Duration
	least       int
}

// next is how long a target runs now; 0: it is done.
func (b bounds) next(t *target) time.Duration {
	left := b.limit - t.took
	switch {
	case t.took == 0:
		return b.each
	case t.failed || t.execs >= b.least || left < time.Second:
		return 0
	case t.execs == 0:
		return left
	}
	// A tenth more than its rate asks for; what starts takes a second.
	more := float64(t.took) * float64(b.least-t.execs) / float64(t.execs)
	return min(left, time.Second+time.Duration(1.1*more))
}

func run(ctx context.Context, b bounds, only string) (failed bool, err error) {
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
	w, err := newWorkshop(ctx)
	if err != nil {
		return false, err
	}
	defer w.close()
	began := time.Now()
	ran := all[:0]
	for _, t := range all {
		for d := b.next(t); d > 0 && ctx.Err() == nil; d = b.next(t) {
			if err := w.fuzz(ctx, t, d); err != nil {
				return false, err
			}
		}
		if ctx.Err() != nil {
			break
		}
		fmt.Printf("%s: %d executions in %v\n", t, t.execs, t.took.Round(time.Second))
		ran = append(ran, t)
	}
	failed = table(os.Stdout, ran, b.least)
	fmt.Printf("%d targets in %v\n", len(ran), time.Since(began).Round(time.Second))
	return failed, ctx.Err()
}

// table is true where a target failed, or ran too little.
func table(to io.Writer, all []*target, least int) (failed bool) {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "target\texecutions\tper second\tnew inputs\tresult\t")
	sum, found := 0, 0
	for _, t := range all {
		result := "ok"
		switch {
		case t.failed:
			result = "FAULT"
		case t.execs < least:
			result = "TOO FEW"
		}
		failed = failed || result != "ok"
		sum, found = sum+t.execs, found+t.found
		fmt.Fprintf(w, "%s\t%d\t%.0f\t%d\t%s\t\n", t, t.execs, float64(t.execs)/max(t.took.Seconds(), 0.001), t.found, result)
	}
	fmt.Fprintf(w, "all\t%d\t\t%d\t\t\n", sum, found)
	_ = w.Flush()
	return failed
}
