package machine

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/assay-bench/assay/core/record"
)

// actEnv makes the test binary one of the processes below. "root MODE" waits for
// a line, starts burners as MODE says, and answers with a line when they are done.
const actEnv = "ASSAY_MACHINE_TEST"

// burnt is the CPU time that the burners of one root use.
const burnt = 300 * time.Millisecond

func TestMain(m *testing.M) {
	act := strings.Fields(os.Getenv(actEnv))
	if len(act) == 0 {
		os.Exit(m.Run())
	}
	switch act[0] {
	case "root":
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
		root(act[1])
		fmt.Println("done")
		time.Sleep(time.Minute)
	case "burn": // so many milliseconds, 0: for ever
		ms, _ := strconv.Atoi(act[1])
		for ms == 0 || processTime() < time.Duration(ms)*time.Millisecond {
		}
	case "middle": // ends before what it starts
		c := self("last", &syscall.SysProcAttr{Setsid: act[1] == "setsid"})
		if c.Start() != nil {
			os.Exit(1)
		}
	case "last": // long enough to be seen, and then it ends without a parent that waits
		for processTime() < burnt {
		}
		fmt.Println("burnt")
	}
}

func root(mode string) {
	switch mode {
	case "rest":
	case "itself":
		for processTime() < burnt {
		}
	case "child":
		_ = self(fmt.Sprintf("burn %d", burnt.Milliseconds()), nil).Run()
	case "session":
		_ = self(fmt.Sprintf("burn %d", burnt.Milliseconds()), &syscall.SysProcAttr{Setsid: true}).Run()
	case "many":
		for range 10 {
			_ = self(fmt.Sprintf("burn %d", burnt.Milliseconds()/10), nil).Run()
		}
	case "orphan", "daemon":
		how := map[string]string{"orphan": "middle group", "daemon": "middle setsid"}[mode]
		c := self(how, nil)
		r, w, _ := os.Pipe()
		c.Stdout = w // what the last process says comes here
		_ = c.Run()
		_ = w.Close()
		_, _ = bufio.NewReader(r).ReadString('\n')
	}
}

func processTime() time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t)
	return time.Duration(t.Nano())
}

// self is this binary in another role.
func self(act string, attr *syscall.SysProcAttr) *exec.Cmd {
	c := exec.Command("/proc/self/exe")
	c.Env = append(os.Environ(), actEnv+"="+act)
	c.Stdout, c.Stderr, c.SysProcAttr = os.Stdout, os.Stderr, attr
	return c
}

// subject is a root that waits to be told to begin.
type subject struct {
	*exec.Cmd
	in  io.Writer
	out *bufio.Reader
}

func startSubject(t testing.TB, mode string) *subject {
	t.Helper()
	p := &subject{Cmd: self("root "+mode, &syscall.SysProcAttr{Setpgid: true})}
	p.Env = append(p.Env, "PLUGIN_UNIX_SOCKET_DIR="+t.TempDir())
	p.Stdout = nil
	var err error
	if p.in, err = p.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.out = bufio.NewReader(out)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.end)
	return p
}

func (p *subject) end() {
	if p.ProcessState != nil {
		return
	}
	_ = syscall.Kill(-p.Process.Pid, syscall.SIGKILL)
	_ = p.Wait()
}

// work lets the burners run and returns when they are done.
func (p *subject) work(t testing.TB) {
	t.Helper()
	if _, err := io.WriteString(p.in, "go\n"); err != nil {
		t.Fatal(err)
	}
	if line, err := p.out.ReadString('\n'); err != nil {
		t.Fatalf("the plugin said %q and %v", line, err)
	}
}

// observed is an observation in seconds of CPU time instead of cores.
type observed struct {
	record.Observation
	tree, idle, foreign, waited time.Duration
}

func observe(t testing.TB, o *Observer, busy *subject, idle []int, work func()) observed {
	t.Helper()
	began := time.Now()
	w := o.Observe(busy.Process.Pid, idle...)
	work()
	wall := time.Since(began)
	s := w.Stop()
	of := func(share float64) time.Duration { return time.Duration(share * float64(wall)) }
	return observed{s, of(s.TreeCPU), of(s.IdleCPU), of(s.ForeignLoad), of(s.WaitShare)}
}

// slack is what CPU times may be wrong by: processes count their children's in
// ticks, and a start of this binary takes CPU time too.
const slack = burnt / 3

func TestTreeCPUIsTheWholeTrees(t *testing.T) {
	for _, mode := range []string{"itself", "child", "session", "many", "orphan", "daemon"} {
		t.Run(mode, func(t *testing.T) {
			p := startSubject(t, mode)
			s := observe(t, NewObserver(), p, nil, func() { p.work(t) })
			if s.tree < burnt-slack {
				t.Errorf("the tree used %v, want at least %v", s.tree, burnt)
			}
			if s.TreeRSS <= 0 {
				t.Errorf("%d resident bytes", s.TreeRSS)
			}
			p.end()
			waitedFor := p.ProcessState.SystemTime() + p.ProcessState.UserTime() // with all that it waited for
			if mode != "orphan" && mode != "daemon" && s.tree > waitedFor+slack {
				t.Errorf("the tree used %v, more than the system says: %v", s.tree, waitedFor)
			}
		})
	}
}

func TestIdleTreesAndOthersAreToldApart(t *testing.T) {
	idle, p, other := startSubject(t, "child"), startSubject(t, "rest"), startSubject(t, "child")
	s := observe(t, NewObserver(), p, []int{idle.Process.Pid}, func() {
		p.work(t)
		idle.work(t)
		other.work(t)
	})
	if s.idle < burnt-slack || s.idle > 2*burnt {
		t.Errorf("the idle tree used %v, want %v", s.idle, burnt)
	}
	if s.foreign < burnt/2 {
		t.Errorf("other programs used %v, want %v at least", s.foreign, burnt)
	}
	if s.tree > burnt/2 {
		t.Errorf("the plugin used %v, want next to nothing", s.tree)
	}
}

// A process that left its tree stays known to the observer from visit to visit.
func TestDaemonOfAnEarlierVisit(t *testing.T) {
	p := startSubject(t, "daemon")
	o := NewObserver()
	if s := observe(t, o, p, nil, func() {}); s.tree > burnt/2 {
		t.Errorf("used %v before the work began", s.tree)
	}
	if s := observe(t, o, p, nil, func() { p.work(t) }); s.tree < burnt-slack {
		t.Errorf("used %v, want %v", s.tree, burnt)
	}
	if s := observe(t, o, p, nil, func() {}); s.tree > burnt/2 {
		t.Errorf("used %v after the work was done", s.tree)
	}
}

// Threads of children wait too, of those that live shorter than a visit as well.
// On a busy machine a visit's looks may miss most of the short ones, so one visit
// of several must show them.
func TestWaitShareIsTheWholeTrees(t *testing.T) {
	for _, mode := range []string{"itself", "child", "many"} {
		t.Run(mode, func(t *testing.T) {
			rival := self("burn 0", nil)
			if err := rival.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = rival.Process.Kill(); _ = rival.Wait() })
			share(t, rival.Process.Pid)
			var seen []time.Duration
			for range 5 {
				p := startSubject(t, mode)
				share(t, p.Process.Pid)
				s := observe(t, NewObserver(), p, nil, func() { p.work(t) })
				if s.waited >= burnt/5 {
					return
				}
				seen = append(seen, s.waited)
				p.end()
			}
			t.Errorf("waited %v beside a rival for the core that used %v", seen, burnt)
		})
	}
}

// share puts all threads of a process on the first core that this one may use.
func share(t *testing.T, pid int) {
	t.Helper()
	var all, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		t.Fatal(err)
	}
	for i := 0; one.Count() == 0; i++ {
		if all.IsSet(i) {
			one.Set(i)
		}
	}
	for id := range threads(pid) {
		if err := unix.SchedSetaffinity(id, &one); err != nil {
			t.Fatal(err)
		}
	}
}

func TestObservationOfAPluginThatEnded(t *testing.T) {
	p, idle := startSubject(t, "rest"), startSubject(t, "rest")
	o := NewObserver()
	s := observe(t, o, p, []int{idle.Process.Pid, 1 << 30}, func() { p.end(); idle.end() })
	if s.TreeCPU != 0 || s.WaitShare != 0 || s.ForeignLoad != 0 {
		t.Errorf("seen of a plugin that ended: %+v", s.Observation)
	}
	if s := observe(t, o, p, nil, func() {}); s.TreeCPU != 0 || s.WaitShare != 0 || s.ForeignLoad != 0 {
		t.Errorf("seen of a plugin that had ended before: %+v", s.Observation)
	}
}

// A process's name stands in the middle of what the system says of it, and may
// hold anything.
func TestLookAtAnyName(t *testing.T) {
	was, err := os.ReadFile("/proc/self/comm")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.WriteFile("/proc/self/comm", was, 0) })
	for _, name := range []string{"a b", ") Z 1 2 (", "))", "\n"} {
		if err := os.WriteFile("/proc/self/comm", []byte(name), 0); err != nil {
			t.Fatal(err)
		}
		p, ok := look(os.Getpid())
		if !ok || p.parent != os.Getppid() || p.group != syscall.Getpgrp() || p.ran <= 0 || p.rss <= 0 {
			t.Errorf("%q: %+v, %v", name, p, ok)
		}
	}
	if _, ok := look(1 << 30); ok {
		t.Error("saw a process that cannot be")
	}
}
