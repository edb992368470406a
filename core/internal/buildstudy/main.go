// Command buildstudy runs whole sessions that compare builds of a repository,
// beside a second process that loads one core in bursts, and counts what they
// conclude: of a commit with a planted loss of 5 %, of a commit that changes a
// comment, which is another build of the same code, and of the same commit under
// another name.
//
//	go run ./core/internal/buildstudy [-n 10] [-assay bin/assay]
//
// It makes the repository itself and is run in that of assay, against which the
// repository's plugin is built.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/assay-bench/assay/core/internal/bursts"
	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/stats"
)

func main() {
	n := flag.Int("n", 10, "sessions of each kind")
	assay := flag.String("assay", "bin/assay", "the assay binary")
	quiet := flag.Bool("quiet", false, "no bursts")
	burst := flag.Bool(strings.TrimPrefix(bursts.Flag, "-"), false, "be the second process")
	flag.Parse()
	if *burst {
		bursts.Main()
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := study(ctx, max(*n, 1), *assay, !*quiet); err != nil {
		fmt.Fprintln(os.Stderr, "buildstudy:", err)
		os.Exit(1)
	}
}

// kinds of sessions, and how each is asked for.
var kinds = []struct {
	name string
	vars []string
}{
	{"5 % slower", []string{"ref=" + refSlower}},
	{"another build of the same code", []string{"ref=" + refPatch}},
	{"the same commit", []string{"ref=" + refAgain, "same=main"}},
}

func study(ctx context.Context, n int, assay string, loaded bool) error {
	assay, err := filepath.Abs(assay)
	if err != nil {
		return err
	}
	module, err := os.Getwd()
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "build-study-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	if err := makeRepository(ctx, work, module); err != nil {
		return err
	}
	s := sessions{assay: assay, work: work}
	if s.environ, err = environ(work); err != nil {
		return err
	}
	for _, k := range kinds { // so that no session's time is that of a build
		if out, err := s.assayRuns(ctx, "build", k.vars); err != nil {
			return fmt.Errorf("%w\n%s", err, out)
		}
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if loaded {
		if err := bursts.Start(ctx); err != nil {
			return err
		}
	}
	var rows []string
	for _, k := range kinds {
		t := tally{verdicts: map[string]int{}}
		for i := range n {
			if err := s.session(ctx, &t, k.name, k.vars, uint64(i+1)); err != nil {
				return err
			}
		}
		rows = append(rows, t.row(k.name))
	}
	fmt.Println("\n| candidate | sessions | pass | fail | inconclusive | invalid | rounds, median | wall time, median | speed, lowest to highest |")
	fmt.Println("|---|--:|--:|--:|--:|--:|--:|--:|---|")
	fmt.Print(strings.Join(rows, ""))
	return nil
}

// environ keeps builds, history and Go's own cache in places of their own: the
// study leaves nothing behind, and does not compile all of assay again.
func environ(work string) ([]string, error) {
	cache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		return nil, fmt.Errorf("go env GOCACHE: %w", err)
	}
	return append(os.Environ(), "XDG_CACHE_HOME="+filepath.Join(work, "cache"), "XDG_STATE_HOME="+filepath.Join(work, "state"), "ASSAY_HISTORY=off",
		"GOCACHE="+strings.TrimSpace(string(cache)), "CGO_ENABLED=0"), nil
}

type sessions struct {
	assay, work string
	environ     []string
}

func (s *sessions) assayRuns(ctx context.Context, command string, vars []string, more ...string) ([]byte, error) {
	args := []string{command, filepath.Join(s.work, "study")}
	for _, v := range vars {
		args = append(args, "--var", v)
	}
	cmd := exec.CommandContext(ctx, s.assay, append(args, more...)...)
	cmd.Dir, cmd.Env = s.work, s.environ
	return cmd.CombinedOutput()
}

// session prints what one session concludes and adds it to the tally.
func (s *sessions) session(ctx context.Context, t *tally, name string, vars []string, seed uint64) error {
	began := time.Now()
	out, err := s.assayRuns(ctx, "run", vars, "--seed", fmt.Sprint(seed))
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) { // a verdict other than pass is an exit status
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	path := filepath.Join(s.work, "results", "build_study.json")
	r, err := record.ReadResult(path)
	if err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	if len(r.Cases) != 1 || len(r.Cases[0].Judgements) != 1 {
		return fmt.Errorf("session made no single judgement:\n%s", out)
	}
	j := r.Cases[0].Judgements[0]
	ratio := "none"
	if j.Estimate != nil {
		ratio = fmt.Sprintf("%.4f", *j.Estimate)
		t.ratios = append(t.ratios, *j.Estimate)
	}
	fmt.Printf("%s, seed %d: %s, speed %s, %d rounds\n", name, seed, j.Verdict, ratio, j.Rounds)
	t.verdicts[string(j.Verdict)]++
	t.rounds, t.wall = append(t.rounds, float64(j.Rounds)), append(t.wall, time.Since(began).Seconds())
	return os.Remove(path)
}

// tally counts outcomes of one kind of session.
type tally struct {
	verdicts             map[string]int
	rounds, wall, ratios []float64
}

func (t *tally) row(name string) string {
	speeds := "none"
	if len(t.ratios) > 0 {
		speeds = fmt.Sprintf("%.3f to %.3f", slices.Min(t.ratios), slices.Max(t.ratios))
	}
	return fmt.Sprintf("| %s | %d | %d | %d | %d | %d | %.0f | %.0f s | %s |\n", name, len(t.wall),
		t.verdicts["pass"], t.verdicts["fail"], t.verdicts["inconclusive"], t.verdicts["invalid"],
		stats.Median(t.rounds), stats.Median(t.wall), speeds)
}
