// Command sessionstudy runs whole sessions on this machine, beside a second
// process that loads one core in bursts, and counts what they conclude of a
// variant that equals its baseline and of one that is slower by design. It
// holds the method to real kernels and real noise, where the method study holds
// it to simulated ones.
//
//	go run ./core/internal/sessionstudy [-n 30] [-assay bin/assay] FOLDER
//	go run ./core/internal/sessionstudy -twins [-n 40] [-assay bin/assay] FOLDER
//
// FOLDER's experiment takes a variable `planted`; with -twins all its variants are
// copies.
package main

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"time"

	"github.com/assay-bench/assay/core/internal/bursts"
	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/stats"
)

func main() {
	n := flag.Int("n", 30, "sessions of each kind")
	assay := flag.String("assay", "bin/assay", "the assay binary")
	quiet := flag.Bool("quiet", false, "no bursts")
	seed := flag.Int("seed", 1, "of the first session; the next have the next")
	burst := flag.Bool("burst", false, "be the second process")
	side := flag.Int("side", 1, "sessions at a time, each with two processors and a neighbour of its own (taskset)")
	copies := flag.Bool("twins", false, "all variants are copies: count what is concluded of them")
	flag.Parse()
	if *burst {
		bursts.Main()
		return
	}
	if err := run(*n, *seed, *side, *assay, flag.Arg(0), !*quiet, *copies); err != nil {
		fmt.Fprintln(os.Stderr, "sessionstudy:", err)
		os.Exit(1)
	}
}

func run(n, seed, side int, assay, folder string, loaded, copies bool) (err error) {
	if n < 1 {
		return fmt.Errorf("-n: %d, want at least 1", n)
	}
	if folder == "" {
		return fmt.Errorf("name the folder of the experiments")
	}
	if assay, err = filepath.Abs(assay); err != nil {
		return err
	}
	if folder, err = filepath.Abs(folder); err != nil {
		return err
	}
	m, err := newMachine(seed, side, assay, loaded)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.close()) }()
	return study(n, folder, copies, m)
}

func study(n int, folder string, copies bool, m *machine) error {
	if copies {
		return studyTwins(n, folder, m)
	}
	fmt.Println("| variant | sessions | pass | fail | inconclusive | invalid | rounds, median | wall time, median and longest | speed, lowest to highest | control off by, per round | by medians of all samples |")
	fmt.Println("|---|--:|--:|--:|--:|--:|--:|---|---|--:|--:|")
	for _, planted := range []bool{false, true} {
		var t tally
		if err := m.sessions(n, folder, []string{"--var", fmt.Sprintf("planted=%v", planted)}, t.session); err != nil {
			return err
		}
		if m.ctx.Err() != nil && len(t.wall) == 0 {
			break
		}
		t.row(map[bool]string{false: "identical to the baseline", true: "planted slowdown"}[planted])
	}
	return nil
}

// tally counts outcomes of one kind of session.
type tally struct {
	verdicts             map[string]int
	rounds, wall, ratios []float64
	// Log-ratios of the control in single rounds, which should be 0: as shipped,
	// and from the medians of all samples of a round.
	shipped, medians []float64
}

func (t *tally) session(r *record.Result, took time.Duration) error {
	if len(r.Cases) != 1 || len(r.Cases[0].Judgements) != 1 {
		return fmt.Errorf("session %s made no single judgement", r.Session.ID)
	}
	j := r.Cases[0].Judgements[0]
	if t.verdicts == nil {
		t.verdicts = map[string]int{}
	}
	t.verdicts[string(j.Verdict)]++
	t.rounds, t.wall = append(t.rounds, float64(j.Rounds)), append(t.wall, took.Seconds())
	if j.Estimate != nil {
		t.ratios = append(t.ratios, *j.Estimate)
	}
	t.controls(&r.Cases[0])
	return nil
}

// controls gathers what single rounds say of the control, by two methods.
func (t *tally) controls(c *record.Case) {
	var base, control string
	for _, v := range c.Variants {
		switch v.Role {
		case record.RoleBaseline:
			base = v.Name
		case record.RoleControl:
			control = v.Name
		}
	}
	for i := range c.Rounds {
		d := &c.Rounds[i]
		if ratio, ok := d.LogRatio(base, control, "decode"); ok && d.Counted {
			t.shipped = append(t.shipped, ratio)
			t.medians = append(t.medians, math.Log(medianOfAll(d, base)/medianOfAll(d, control)))
		}
	}
}

// medianOfAll is the median over all samples that one variant has in a round,
// the value that most harnesses would take.
func medianOfAll(d *record.Round, variant string) float64 {
	var times []float64
	for _, v := range d.Visits {
		if v.Variant != variant || v.Superseded {
			continue
		}
		for i, n := range v.Samples.Iterations {
			times = append(times, float64(v.Samples.WallNs[i])/float64(n))
		}
	}
	return stats.Median(times)
}

// rms is the root of the mean square.
func rms(xs []float64) float64 {
	sum := 0.0
	for _, x := range xs {
		sum += x * x
	}
	return math.Sqrt(sum / float64(len(xs)))
}

func (t *tally) row(name string) {
	if len(t.ratios) == 0 {
		fmt.Printf("| %s | %d | no session has an estimate |\n", name, len(t.wall))
		return
	}
	sort.Float64s(t.ratios)
	n := len(t.wall)
	fmt.Printf("| %s | %d | %d | %d | %d | %d | %.0f | %.0f s, %.0f s | %.3f to %.3f | %.1f %% | %.1f %% |\n", name, n,
		t.verdicts["pass"], t.verdicts["fail"], t.verdicts["inconclusive"], t.verdicts["invalid"],
		stats.Median(t.rounds), stats.Median(t.wall), slices.Max(t.wall), t.ratios[0], t.ratios[len(t.ratios)-1],
		100*rms(t.shipped), 100*rms(t.medians))
}
