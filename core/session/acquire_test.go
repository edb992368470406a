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
			t.Skip(err)
		}
		space = strings.Trim(strings.TrimPrefix(link, "pid:"), "[]")
	}
	folder := t.TempDir()
	path := filepath.Join(folder, "lock")
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
	defer orphan.Process.Kill()
	held.Close()

	var told []record.Orphan
	s, err := Open(t.Context(), Options{Folder: folder, LockPath: path, Report: func(e record.Event, _ *record.Result) {
		if d, ok := e.Data.(record.OrphansEvent); ok {
			told = d.Processes
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.acquire(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer s.lock.Release()
	found := false
	for _, o := range told {
		found = found || o.PID == orphan.Process.Pid && o.Name == "sleep"
	}
	var ended *exec.ExitError
	if err := orphan.Wait(); !found || !errors.As(err, &ended) || ended.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Errorf("the orphan ended with %v, told were %v", err, told)
	}
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
