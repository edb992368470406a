package session

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/assay-bench/assay/core/internal/proctree"
	"github.com/assay-bench/assay/core/record"
)

// What a killed session has left on the device holds the machine lock, and is
// ended by the next session, which says so.
func TestOrphansAreEndedFirst(t *testing.T) {
	space := "0"
	if runtime.GOOS == "linux" {
		link, err := os.Readlink("/proc/self/ns/pid")
		if err != nil {
			t.Skip("the test makes the mark of a host in this space of processes:", err)
		}
		space = strings.Trim(strings.TrimPrefix(link, "pid:"), "[]")
	}
	for range 20 { // a session of another test may be the next one
		if endsOrphans(t, space) {
			return
		}
	}
	t.Error("the session does not say that it ended the orphan")
}

// endsOrphans says whether the session told of an orphan that is gone.
func endsOrphans(t *testing.T, space string) (told bool) {
	folder := t.TempDir()
	path := filepath.Join(folder, "lock")
	pid := 0
	s, err := Open(t.Context(), Options{Folder: folder, LockPath: path, Report: func(e record.Event, _ *record.Result) {
		if d, ok := e.Data.(record.OrphansEvent); ok {
			for _, o := range d.Processes {
				told = told || o.PID == pid && o.Name == "sleep"
			}
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	held, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Flock(int(held.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	orphan := exec.Command("sleep", "600")
	orphan.Env = append(os.Environ(), proctree.EnvMark+"="+space+"-999999999-1-1") // no host has this number
	orphan.ExtraFiles = []*os.File{held}
	if err := orphan.Start(); err != nil {
		t.Fatal(err)
	}
	pid = orphan.Process.Pid
	held.Close()
	if err := s.acquire(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer s.lock.Release()
	var ended *exec.ExitError
	if err := orphan.Wait(); !errors.As(err, &ended) || ended.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Errorf("the orphan ended with %v", err)
	}
	return told
}

func TestAWaitForTheMachineIsCancelled(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "lock")
	held, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	if err := syscall.Flock(int(held.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s, err := Open(ctx, Options{Folder: folder, LockPath: path, Report: func(e record.Event, _ *record.Result) {
		if _, ok := e.Data.(record.WaitingEvent); ok {
			cancel()
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.acquire(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
