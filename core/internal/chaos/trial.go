package main

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/assay-bench/assay/core/internal/acks"
	"github.com/assay-bench/assay/core/internal/hostile"
)

// fault is one way to disturb a session.
type fault struct {
	kind, name string
	mode       hostile.Mode                        // of the plugin; empty: it keeps the rules
	shell      string                              // what a shell does before it becomes assay, such as ulimit
	before     func(*trial) (undo func(), e error) // the session starts
	during     func(*trial, *host)                 // at a moment that is drawn
	after      func(*trial)                        // between the session's end and what goes on with it
	status     []int                               // that a disturbed session may end with, beside what its verdicts ask for
	only       bool                                // it may end with no other
	anyStatus  bool
	streams    func(*trial, *exec.Cmd) (closing func(), err error) // sets what it prints to
	bound      time.Duration                                       // from the moment, or the start where there is none, to the end
	abrupt     bool                                                // it leaves no time to clean up
	resume     bool                                                // the session can be resumed
	damaged    bool                                                // it changes the journal
	rebuilt    bool                                                // the journal is whole, so that it makes the document again
	lossy      bool                                                // nobody can read what was written
}

func (f fault) id() string { return f.kind + "/" + f.name }

// trial is one session under one fault.
type trial struct {
	programs
	fault
	seed uint64
	rng  *rand.Rand
	dir  string
	slow bool // the experiment has an arm that is slower
	calm bool // the plugin keeps the rules from now on

	original  string         // folder of plugins, where the trial has one of its own
	tmp       string         // folder for temporary files, where it is not the usual one
	mounted   []string       // file systems of the trial's own
	terminal  *os.File       // the other end of what the session runs on
	destroyed map[string]int // samples that the fault took out of a journal
	first     []int          // statuses that the disturbed session's verdicts ask for
	says      []string       // that session, of its plugin

	hosts    []*host
	acked    int
	found    int
	orphans  int
	leftover int
	late     time.Duration // past the bound
	problems []problem
}

// problem is something that must not be.
type problem struct{ column, text string }

func newTrial(p programs, f fault, seed uint64, dir string) *trial {
	rng := rand.New(rand.NewPCG(seed, 2))
	return &trial{programs: p, fault: f, seed: seed, rng: rng, dir: dir, destroyed: map[string]int{}, slow: rng.IntN(2) == 0 || f.mode.Name != ""}
}

func (t *trial) bad(column, format string, args ...any) {
	t.problems = append(t.problems, problem{column, fmt.Sprintf(format, args...)})
}

func (t *trial) path(elem ...string) string {
	return filepath.Join(append([]string{t.dir}, elem...)...)
}

// run is the whole trial.
func (t *trial) run(ctx context.Context) {
	if err := t.prepare(); err != nil {
		t.bad("other", "preparing: %v", err)
		return
	}
	undo := func() {}
	if t.before != nil {
		u, err := t.before(t)
		if err != nil {
			t.bad("other", "preparing the fault: %v", err)
			return
		}
		undo = u
	}
	defer t.unmount()
	t.disturbed(ctx)
	t.first, t.says = t.verdictStatus(), t.said()
	undo()
	if t.after != nil {
		t.after(t)
	}
	t.goOn(ctx)
	t.audit()
	if len(t.problems) == 0 {
		_ = os.RemoveAll(t.dir)
	}
}

func (t *trial) prepare() error {
	if err := os.MkdirAll(t.path("tmp"), 0o755); err != nil {
		return err
	}
	return os.WriteFile(t.path("x.hcl"), []byte(t.experiment()), 0o644)
}

const experimentText = `experiment "x" {
  plugin = "hostile"
  device = "cpu"
  variant "a" {
    baseline = true
  }
  variant "same" {
    config {
      tag = "same"
    }
  }
%s  measure {
    rounds            = 8
    max_rounds        = 8
    passes            = 1
    samples           = 3
    visit             = "4ms"
    warmup_max        = "5ms"
    heartbeat_timeout = "1500ms"
    prepare_timeout   = "2s"
    start_timeout     = "3s"
    sample_timeout    = "2s"
    budget            = "20s"
    search            = %v
  }
  guardrail "speed" {
    phase  = "decode"
    margin = 0.1
  }
}
`

// experiment compares the baseline with itself, and mostly with something slower,
// which has the mode.
func (t *trial) experiment() string {
	slow, mode := "", "none"
	if t.mode.Name != "" && !t.mode.Early {
		mode = t.mode.Name
	}
	if t.slow {
		slow = fmt.Sprintf("  variant \"slow\" {\n    config {\n      mode = %q\n      slow = 1.5\n    }\n  }\n", mode)
	}
	return fmt.Sprintf(experimentText, slow, strings.HasPrefix(mode, "propose"))
}

// environ is the sessions'. Everything that they may write is in the trial's folder.
func (t *trial) environ() []string {
	env := slices.DeleteFunc(os.Environ(), func(s string) bool {
		return strings.HasPrefix(s, "ASSAY_") || strings.HasPrefix(s, "XDG_") || strings.HasPrefix(s, "TMPDIR=") || strings.HasPrefix(s, "HOME=")
	})
	env = append(
		env, "HOME="+t.path("home"), "TMPDIR="+cmp.Or(t.tmp, t.path("tmp")), "ASSAY_PLUGIN_DIR="+t.plugins, "ASSAY_LOCK="+t.path("lock"), "ASSAY_HISTORY=off",
		acks.Env+"="+t.path("acks"), marker+"="+t.dir,
	)
	if t.mode.Early && !t.calm {
		env = append(env, hostile.Env+"="+t.mode.Name)
	}
	return env
}

// patience is how long a session may be late before it is killed as one that hangs.
const patience = 30 * time.Second

// disturbed runs the session under its fault.
func (t *trial) disturbed(ctx context.Context) {
	h := t.start(t.shell, "run", "x.hcl")
	since := h.began
	if t.during != nil {
		t.during(t, h)
		since = time.Now()
	}
	t.await(ctx, h, since.Add(t.bound))
}

// await waits for a session's end, and ends one that hangs.
func (t *trial) await(ctx context.Context, h *host, until time.Time) {
	select {
	case <-h.ended:
	case <-ctx.Done():
		h.kill()
	case <-time.After(time.Until(until) + patience):
		t.bad("hangs", "%s: still running %v after its bound", h.line, patience)
		h.kill()
	}
	<-h.ended
	t.late = max(t.late, h.at.Sub(until))
}

// quick bounds commands that measure nothing, complete those that measure it all.
const (
	quick    = 10 * time.Second
	complete = 60 * time.Second
)

// goOn resumes or recovers the session, and reads what there is then. The status
// says that it worked wherever nothing was destroyed.
func (t *trial) goOn(ctx context.Context) {
	killed := t.hosts[0].killed() || t.starved(t.hosts[0]) || t.abrupt
	if !killed {
		t.clean()
	}
	if t.resume && t.unfinished() {
		resumed := t.verdictStatus
		if !slices.ContainsFunc(t.journals(), begins) { // torn in its first line: there is nothing to go on with
			resumed = func() []int { return []int{statusUsage} }
		}
		t.command(ctx, complete, resumed, "resume")
	}
	none := func() []int { return []int{0} }
	for _, j := range t.journals() {
		want := none
		if t.lossy || t.damaged && !recoverable(j) {
			want = func() []int { return []int{0, statusUsage} } // where nothing is left, it says so
		}
		t.command(ctx, quick, want, "recover", filepath.Dir(j))
	}
	explained := none
	if t.lossy || t.damaged {
		explained = func() []int { return []int{0, 1} } // a journal that does not vouch
	}
	for _, d := range t.documents() {
		t.command(ctx, quick, none, "show", d)
		t.command(ctx, quick, explained, "explain", d)
	}
	if killed && (len(t.running()) > 0 || len(t.left()) > 0) {
		t.calm = true // the next session ends what a killed one left behind
		t.command(ctx, complete, nil, "run", "--budget=1s", "x.hcl")
	}
	t.clean()
}

// command runs assay once more and holds its status; nil: any.
func (t *trial) command(ctx context.Context, bound time.Duration, want func() []int, args ...string) {
	h := t.start("", args...)
	t.await(ctx, h, h.began.Add(bound))
	if want != nil {
		t.hold(h, want())
	}
}

// clean counts what is left of a session, and ends it.
func (t *trial) clean() {
	for until := time.Now().Add(3 * time.Second); len(t.running()) > 0 && time.Now().Before(until); {
		time.Sleep(20 * time.Millisecond)
	}
	for _, pid := range t.running() {
		t.orphans++
		t.bad("orphans", "process %d still runs: %s", pid, commandLine(pid))
		end(pid)
	}
	for _, path := range t.left() {
		t.leftover++
		t.bad("leftovers", "%s", path)
		_ = os.RemoveAll(path)
	}
}

func (t *trial) print() {
	fmt.Printf("%s seed %d: %d acknowledged, %d found", t.id(), t.seed, t.acked, t.found)
	for _, h := range t.hosts {
		fmt.Printf("; %s: %d in %v", h.line, h.status, h.at.Sub(h.began).Round(time.Millisecond))
	}
	fmt.Println()
	for _, p := range t.problems {
		fmt.Printf("  %s: %s\n", p.column, strings.ReplaceAll(p.text, "\n", "\n    "))
	}
	if len(t.problems) > 0 {
		fmt.Printf("  again: make chaos N=1 SEED=%d FAULT=%s\n", t.seed, t.id())
	}
}
