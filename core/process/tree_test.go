package process_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/assay-bench/assay/core/process"
)

// However a plugin ends, what it started in other sessions is gone by then.
func TestDaemonsEndWithThePlugin(t *testing.T) {
	for name, end := range map[string]func(*process.Process) process.Death{
		"stop": func(p *process.Process) process.Death { return p.Stop(context.Background()) },
		"kill": func(p *process.Process) process.Death { p.Kill(); return p.Death() },
		"by itself": func(p *process.Process) process.Death {
			_, _ = visit(context.Background(), t, p, map[string]any{"mode": "sigkill", "at": "measure"}, 3, time.Minute)
			return p.Death()
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, _ := start(t, "daemon@start")
			var daemons []int
			for deadline := time.Now().Add(20 * time.Second); len(daemons) < 3 && time.Now().Before(deadline); {
				daemons = below(t, p.PID())
			}
			if len(daemons) < 3 {
				t.Fatalf("the plugin started %v", daemons)
			}
			death := end(p)
			if slices.ContainsFunc(daemons, alive) {
				t.Errorf("of %v some survive the plugin (%v)", daemons, death)
			}
		})
	}
}

// below lists the descendants of a process.
func below(t *testing.T, root int) (pids []int) {
	t.Helper()
	out, err := exec.Command("ps", "-axo", "pid=,ppid=").Output()
	if err != nil {
		t.Skip("ps lists no processes here:", err)
	}
	in := []int{root}
	for found := true; found; {
		found = false
		for line := range strings.Lines(string(out)) {
			var pid, parent int
			if n, _ := fmt.Sscan(line, &pid, &parent); n == 2 && slices.Contains(in, parent) && !slices.Contains(in, pid) {
				in, pids, found = append(in, pid), append(pids, pid), true
			}
		}
	}
	return pids
}

// What a plugin uses stays locked as long as the plugin lives, whatever becomes of
// the host.
func TestThePluginHoldsTheLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	try := func() (*os.File, error) {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f, syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	}
	lock, err := try()
	if err != nil {
		t.Fatal(err)
	}
	p, _, err := tryStart(t, "", process.Options{Lock: lock})
	if err != nil {
		t.Fatal(err)
	}
	lock.Close()
	if _, err := try(); !errors.Is(err, syscall.EWOULDBLOCK) {
		t.Errorf("the lock can be had beside the plugin: %v", err)
	}
	p.Kill()
	if _, err := try(); err != nil {
		t.Errorf("after the plugin's end: %v", err)
	}
}
