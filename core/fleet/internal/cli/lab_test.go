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
