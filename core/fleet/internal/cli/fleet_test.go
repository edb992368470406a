package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/assay-bench/assay/core/fleet/internal/dispatch"
	"github.com/assay-bench/assay/core/fleet/internal/fakeassay"
	"github.com/assay-bench/assay/core/fleet/internal/server"
	"github.com/assay-bench/assay/core/record"
)

// self asks the test's binary to be assay-fleet. A worker does not hand it on, so that
// what it starts is the fake assay.
const self = "ASSAY_FLEET_SELF"

func asFleet() int {
	return Execute(os.Args[1:], Streams{Out: os.Stdout, Err: os.Stderr}, os.Getenv, os.Environ())
}

// fleet is a server and its machines, all on loopback, in a folder of their own.
type fleet struct {
	t       *testing.T
	dir     string
	address string
	store   string
	extra   []string // of the environment
}

// needServer skips a test where there is no server.
func needServer(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a server and waits for its timeouts")
	}
	b, err := server.Find(context.Background(), os.Getenv("ASSAY_FLEET_SERVER"), true)
	if err != nil {
		t.Skipf("no Temporal server: %v; `make test-fleet` builds one", err)
	}
	return b.Path
}

// ports are n free ones in a row.
func ports(t *testing.T, n int) int {
	t.Helper()
next:
	for range 100 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		first := l.Addr().(*net.TCPAddr).Port
		l.Close()
		for p := first; p < first+n; p++ {
			l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", p))
			if err != nil {
				continue next
			}
			l.Close()
		}
		return first
	}
	t.Fatal("no free ports in a row")
	return 0
}

func newFleet(t *testing.T) *fleet {
	t.Helper()
	binary := needServer(t)
	first := ports(t, 9)
	return &fleet{t: t, dir: t.TempDir(), address: fmt.Sprintf("127.0.0.1:%d", first), store: fmt.Sprintf("127.0.0.1:%d", first+8), extra: []string{"ASSAY_FLEET_SERVER=" + binary}}
}

func (f *fleet) command(args ...string) *exec.Cmd {
	binary, err := os.Executable()
	if err != nil {
		f.t.Fatal(err)
	}
	cmd := exec.Command(binary, args...)
	cmd.Dir = f.dir
	cmd.Env = append(os.Environ(), append([]string{self + "=1", "TEMPORAL_ADDRESS=" + f.address, "ASSAY_FLEET_STORE=http://" + f.store, "XDG_STATE_HOME=" + f.dir, "ASSAY_FLEET_ASSAY=" + binary, "ASSAY_LOCK=" + filepath.Join(f.dir, "lock")}, f.extra...)...)
	return cmd
}

// output is what a process has printed, while it runs.
type output struct {
	sync.Mutex
	bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.Lock()
	defer o.Unlock()
	return o.Buffer.Write(p)
}

func (o *output) text() string {
	o.Lock()
	defer o.Unlock()
	return o.Buffer.String()
}

// process is one of the fleet's.
type process struct {
	*exec.Cmd
	out   *output
	ended chan struct{}
	err   error
}

func (f *fleet) start(args ...string) *process {
	f.t.Helper()
	p := &process{Cmd: f.command(args...), out: &output{}, ended: make(chan struct{})}
	p.Stdout, p.Stderr = p.out, p.out
	p.WaitDelay = time.Second
	if err := p.Start(); err != nil {
		f.t.Fatal(err)
	}
	go func() { p.err = p.Wait(); close(p.ended) }()
	f.t.Cleanup(func() {
		_ = p.Process.Signal(syscall.SIGCONT)
		_ = p.Process.Signal(syscall.SIGTERM)
		select {
		case <-p.ended:
		case <-time.After(20 * time.Second):
			_ = p.Process.Kill()
			<-p.ended
		}
		if f.t.Failed() {
			f.t.Logf("%v:\n%s", args, p.out.text())
		}
	})
	return p
}

// until waits for a condition that comes by itself; a minute later it never will.
func (f *fleet) until(what string, cond func() bool) {
	f.t.Helper()
	for end := time.Now().Add(time.Minute); !cond(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			f.t.Fatalf("never: %s", what)
		}
	}
}

func (f *fleet) up() *process {
	f.t.Helper()
	p := f.start("up", "--address", f.address, "--store-listen", f.store)
	f.until("the server serves", func() bool {
		select {
		case <-p.ended:
			f.t.Fatalf("the server ended: %s", p.out.text())
		default:
		}
		return strings.Contains(p.out.text(), "next:")
	})
	return p
}

func (f *fleet) worker(class, name, round string, more ...string) *process {
	f.t.Helper()
	f.extra = append(f.extra, fakeassay.Env+"="+round)
	p := f.start(append([]string{"worker", "--class", class, "--name", name, "--state", filepath.Join(f.dir, "state-"+name), "--anyone", "--unpinned"}, more...)...)
	f.extra = f.extra[:len(f.extra)-1]
	f.until("worker "+name+" is there", func() bool { return strings.Contains(p.out.text(), "asks") })
	return p
}

// suite writes experiments, each for all classes.
func (f *fleet) suite(classes string, names ...string) {
	f.t.Helper()
	var text strings.Builder
	for _, n := range names {
		fmt.Fprintf(&text, "experiment %q {\n  class = %s\n}\n", n, classes)
	}
	if err := record.WriteFile(filepath.Join(f.dir, "suite", "a.hcl"), []byte(text.String())); err != nil {
		f.t.Fatal(err)
	}
}

// run is the latest of the fleet, as its folder has it.
func (f *fleet) run() *dispatch.Run {
	f.t.Helper()
	found, err := filepath.Glob(filepath.Join(f.dir, "results/fleet/*/run.json"))
	if err != nil || len(found) == 0 {
		f.t.Fatalf("no run: %v", err)
	}
	slices.Sort(found)
	b, err := os.ReadFile(found[len(found)-1])
	if err != nil {
		f.t.Fatal(err)
	}
	r := &dispatch.Run{Folder: filepath.Dir(found[len(found)-1])}
	if err := json.Unmarshal(b, r); err != nil {
		f.t.Fatal(err)
	}
	return r
}

// accepted checks that every job has one result, with every round of its journal and no
// other, and documents that are what was accepted. It gives the rounds in them, and those
// that were measured again elsewhere.
func (f *fleet) accepted(r *dispatch.Run) (rounds, again int) {
	f.t.Helper()
	for _, j := range r.Jobs {
		if j.Outcome == nil {
			f.t.Errorf("%s: no result: %+v", j.ID(), j.Failure)
			continue
		}
		for _, a := range j.Outcome.Abandoned {
			again += a.Rounds
		}
		for _, x := range j.Outcome.Results {
			rounds += x.Rounds
			doc, err := record.ReadSketch(r.Document(j.Class, x.Experiment))
			if err != nil {
				f.t.Error(err)
				continue
			}
			if x.Rounds != x.Journaled || doc.Status != record.Complete || doc.Session.ID != j.Outcome.Session {
				f.t.Errorf("%s: %d rounds in the document, %d in the journal, %s, session %s and %s", j.ID(), x.Rounds, x.Journaled, doc.Status, doc.Session.ID, j.Outcome.Session)
			}
		}
	}
	return rounds, again
}

// journaled is how many rounds the sessions of a worker have that it did not put aside.
func (f *fleet) journaled(worker string) (n int) {
	paths, _ := filepath.Glob(filepath.Join(f.dir, "state-"+worker, "jobs/*/*/suite/results/runs/*/journal.jsonl"))
	for _, p := range paths {
		b, _ := os.ReadFile(p)
		n += bytes.Count(b, []byte(`"kind":"round_end"`))
	}
	return n
}

func exit(p *process) int {
	<-p.ended
	var e *exec.ExitError
	if errors.As(p.err, &e) {
		return e.ExitCode()
	}
	if p.err != nil && !errors.Is(p.err, exec.ErrWaitDelay) {
		return -1
	}
	return 0
}

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

// tree is a process and those below it, as far as the system tells.
func tree(p *process) []int {
	pids := []int{p.Process.Pid}
	for i := 0; i < len(pids); i++ {
		threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pids[i]))
		for _, file := range threads {
			children, _ := os.ReadFile(file)
			for _, c := range strings.Fields(string(children)) {
				var n int
				if _, err := fmt.Sscan(c, &n); err == nil {
					pids = append(pids, n)
				}
			}
		}
	}
	return pids
}

// memory is what a tree takes.
func memory(p *process) (total int64) {
	for _, pid := range tree(p) {
		var size, pages int64
		b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
		if _, err := fmt.Sscan(string(b), &size, &pages); err == nil {
			total += pages * int64(os.Getpagesize())
		}
	}
	return total
}

// Everything that goes wrong is said, with what to do, and ends by itself.
func TestTroubles(t *testing.T) {
	f := newFleet(t)
	f.up()
	f.suite(`"a"`, "quick")
	lonely := f.start("run", "suite", "--patience", "2s")
	if s := exit(lonely); s != lost || !strings.Contains(lonely.out.text(), "`assay-fleet worker --class a`") || !strings.Contains(lonely.out.text(), "no worker came in 2s") {
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
