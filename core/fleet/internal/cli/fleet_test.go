package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/assay-bench/assay/core/fleet/internal/dispatch"
	"github.com/assay-bench/assay/core/record"
)

// Whatever is killed meanwhile, each experiment has one result of one machine in the end.
func TestKills(t *testing.T) {
	f := newFleet(t)
	up := f.up()
	workers := map[string]*process{}
	for _, w := range []string{"a1", "a2", "b1", "b2"} {
		workers[w] = f.worker(w[:1], w, "700ms")
	}
	f.suite(`["a", "b"]`, "slow1", "slow2", "slow3", "slow4")
	dispatcher := f.start("run", "suite")

	// A worker dies in the middle of a round, and comes back.
	f.until("a1 measures", func() bool { return f.journaled("a1") >= 2 })
	_ = workers["a1"].Process.Kill()
	<-workers["a1"].ended
	// Another one is asleep for longer than the server waits for it.
	f.until("b1 measures", func() bool { return f.journaled("b1") >= 2 })
	_ = workers["b1"].Process.Signal(syscall.SIGSTOP)
	slept := time.Now()
	workers["a1"] = f.worker("a", "a1", "700ms")
	// The dispatcher is killed, and the server for 10 s.
	_ = dispatcher.Process.Kill()
	<-dispatcher.ended
	for _, pid := range tree(up) {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	<-up.ended
	time.Sleep(10 * time.Second)
	f.up()
	attached := f.start("attach")
	for time.Since(slept) < 25*time.Second {
		time.Sleep(100 * time.Millisecond)
	}
	_ = workers["b1"].Process.Signal(syscall.SIGCONT)

	select {
	case <-attached.ended:
	case <-time.After(4 * time.Minute):
		t.Fatalf("it never ended: %s", attached.out.text())
	}
	if s := exit(attached); s != 0 {
		t.Errorf("attach ended with %d: %s", s, attached.out.text())
	}
	r := f.run()
	rounds, again := f.accepted(r)
	each := rounds / len(r.Jobs)
	if len(r.Jobs) != 8 || rounds != 8*each {
		t.Errorf("%d jobs with %d rounds", len(r.Jobs), rounds)
	}
	t.Logf("8 jobs, %d rounds in documents, %d measured again on another machine, 0 lost", rounds, again)
}

// Two hundred small experiments: none is missing, none there twice.
func TestManySmall(t *testing.T) {
	f := newFleet(t)
	up := f.up()
	var workers []*process
	for _, w := range []string{"a1", "a2", "b1", "b2"} {
		workers = append(workers, f.worker(w[:1], w, "0s"))
	}
	var names []string
	for i := range 100 {
		names = append(names, fmt.Sprintf("e%03d", i))
	}
	f.suite(`["a", "b"]`, names...)
	runs := 1
	if n := os.Getenv("FLEET_RUNS"); n != "" {
		_, _ = fmt.Sscan(n, &runs)
	}
	for range runs {
		began := time.Now()
		p := f.start("run", "suite")
		if s := exit(p); s != 0 {
			t.Fatalf("run ended with %d: %s", s, p.out.text())
		}
		took := time.Since(began)
		r := f.run()
		sessions := map[string]bool{}
		for _, j := range r.Jobs {
			if j.Outcome != nil {
				sessions[j.Outcome.Machine.Worker+j.Outcome.Session] = true
			}
		}
		if f.accepted(r); len(r.Jobs) != 200 || len(sessions) != 200 {
			t.Errorf("%d jobs, %d sessions", len(r.Jobs), len(sessions))
		}
		t.Logf("200 experiments over 4 workers in %v; memory: server and up %d MiB, a worker %d MiB", took.Round(10*time.Millisecond), memory(up)>>20, memory(workers[0])>>20)
	}
}

// Everything that goes wrong is said, with what to do, and ends by itself.
func TestTroubles(t *testing.T) {
	f := newFleet(t)
	f.up()
	f.suite(`"a"`, "quick")
	lonely := f.start("run", "suite", "--patience", "2s")
	if s := exit(lonely); s != lost || !strings.Contains(lonely.out.text(), "`assay-fleet worker --class a`") || !strings.Contains(lonely.out.text(), "no worker came in 2s") ||
		!strings.Contains(lonely.out.text(), "cancelled: no worker of class a came in 2s") {
		t.Errorf("no worker: status %d: %s", s, lonely.out.text())
	}

	f.worker("a", "a1", "1s")
	f.suite(`"a"`, "quick", "big", "wrong", "torn")
	p := f.start("run", "suite")
	s := exit(p)
	for _, want := range []string{"big: pass", "quick: pass", "Unknown variable", "has no end"} {
		if !strings.Contains(p.out.text(), want) {
			t.Errorf("no %q in %s", want, p.out.text())
		}
	}
	if s != badUsage {
		t.Errorf("status %d", s)
	}
	if info, err := os.Stat(f.run().Document("a", "big")); err != nil || info.Size() < 5<<20 {
		t.Errorf("a document of 5 MiB: %v", err)
	}

	f.suite(`"a"`, "slow")
	p = f.start("run", "suite")
	f.until("it is seen to measure", func() bool { return strings.Contains(p.out.text(), "slow: round") })
	began := time.Now()
	if out, err := f.command("cancel").CombinedOutput(); err != nil || !strings.Contains(string(out), "1 jobs are asked to end") {
		t.Errorf("cancel: %v: %s", err, out)
	}
	if s := exit(p); s != lost || !strings.Contains(p.out.text(), "cancelled after") {
		t.Errorf("cancelled: status %d: %s", s, p.out.text())
	}
	t.Logf("cancelled in %v", time.Since(began).Round(10*time.Millisecond))
	journals, _ := filepath.Glob(filepath.Join(f.dir, "state-a1/jobs/*/a-slow/suite/results/runs/*/journal.jsonl"))
	if len(journals) != 1 {
		t.Fatalf("journals: %v", journals)
	}
	if ending, err := record.EndingOf(journals[0]); err != nil || ending != record.Early {
		t.Errorf("the session's ending is %d, %v", ending, err)
	}
}

// A worker that is told to end finishes what it measures and takes nothing more; told
// again, it hands it over at once.
func TestDrain(t *testing.T) {
	f := newFleet(t)
	f.up()
	w := f.worker("a", "a1", "300ms")
	f.suite(`"a"`, "slow1", "slow2")
	p := f.start("run", "suite")
	f.until("it measures", func() bool { return f.journaled("a1") >= 1 })
	_ = w.Process.Signal(syscall.SIGTERM)
	if s := exit(w); s != 0 {
		t.Errorf("the worker ended with %d: %s", s, w.out.text())
	}
	f.until("the first has its result", func() bool {
		n := 0
		for _, j := range f.run().Jobs {
			if j.Outcome != nil {
				n++
			}
		}
		return n == 1
	})
	w = f.worker("a", "a1", "300ms")
	before := f.journaled("a1")
	f.until("it measures the second", func() bool { return f.journaled("a1") > before })
	_ = w.Process.Signal(syscall.SIGTERM)
	time.Sleep(100 * time.Millisecond)
	_ = w.Process.Signal(syscall.SIGTERM)
	<-w.ended
	f.worker("a", "a1", "300ms")
	if s := exit(p); s != 0 {
		t.Errorf("status %d: %s", s, p.out.text())
	}
	r := f.run()
	if _, again := f.accepted(r); again != 0 {
		t.Errorf("%d rounds were measured again", again)
	}
	if !slices.ContainsFunc(r.Jobs, func(j *dispatch.Tracked) bool { return j.Outcome != nil && j.Outcome.Resumed == 1 }) {
		t.Error("no session went on")
	}
}
