package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const makeEnv = "ASSAY_TEST_MAKE" // FOLDER|REPO|SCRIPT: be an assay that builds

func TestMain(m *testing.M) {
	if what := os.Getenv(makeEnv); what != "" {
		words := strings.SplitN(what, "|", 3)
		s := Spec{Repo: words[1], Ref: "main", Command: []string{"/bin/sh", "-c", words[2]}}
		o := Options{Folder: words[0]}
		tree, err := Resolve(context.Background(), s, o)
		if err == nil {
			_, err = Make(context.Background(), s, tree, o)
		}
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// A timeout and an interrupt end all that the command started.
func TestEndedBuilds(t *testing.T) {
	for name, script := range map[string]string{
		"willing":   "sleep 600 & echo $$ $! > %s; wait",
		"stubborn":  "trap '' TERM; sleep 600 & echo $$ $! > %s; wait; sleep 600",
		"detached":  "sleep 600 & echo $! > %s; exit 0",
		"with pipe": "sh -c 'echo $$; sleep 600' | tee %s",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRepo(t, "a")
			pids := filepath.Join(t.TempDir(), "pids")
			s := r.spec("main", fmt.Sprintf(script, pids))
			s.Timeout = time.Second
			_, err := Make(context.Background(), s, r.resolve(s), r.opts)
			if name == "detached" {
				if err != nil {
					t.Error(err)
				}
			} else {
				wants(t, err, "not done after 1s, its timeout")
			}
			gone(t, r.read(pids))
			if name == "detached" {
				return
			}
			if r.resolve(s).Built {
				t.Error("it looks built")
			}
			ctx, cancel := context.WithCancel(context.Background())
			r.opts.Step = func(line string) {
				if strings.HasPrefix(line, "runs") {
					cancel()
				}
			}
			if _, err := Make(ctx, s, r.resolve(s), r.opts); !errors.Is(err, context.Canceled) {
				t.Errorf("%v", err)
			}
			if _, err := os.Stat(filepath.Join(r.opts.Folder, r.resolve(s).Key)); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("an interrupted build is left (%v)", err)
			}
		})
	}
}

func TestOutputIsShown(t *testing.T) {
	r := newRepo(t, "a")
	seen := filepath.Join(t.TempDir(), "seen")
	r.opts.Output = func(line string) {
		if line == "at it" {
			_ = os.WriteFile(seen, nil, 0o644)
		}
	}
	r.make(r.spec("main", "echo at it; while ! test -e "+seen+"; do sleep 0.01; done"))
}

// gone waits until none of the processes lives.
func gone(t *testing.T, pids string) {
	t.Helper()
	for _, word := range strings.Fields(pids) {
		var pid int
		if _, err := fmt.Sscan(word, &pid); err != nil {
			t.Fatal(err)
		}
		for i := 0; alive(pid); i++ {
			if i > 500 {
				t.Fatalf("process %d still runs", pid)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}

// alive is false of a zombie too, which an orphan stays where nobody reaps.
func alive(pid int) bool {
	if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil {
		_, after, _ := strings.Cut(string(stat), ") ")
		return !strings.HasPrefix(after, "Z")
	}
	return syscall.Kill(pid, 0) == nil
}

// An assay that is killed leaves nothing that looks built, and its command,
// which may still write, is waited for.
func TestKilledAssay(t *testing.T) {
	r := newRepo(t, "a")
	dir := t.TempDir()
	pids, release := filepath.Join(dir, "pids"), filepath.Join(dir, "release")
	script := fmt.Sprintf("echo $$ >> %s; while ! test -e %s; do sleep 0.01; done; echo ended >> %s", pids, release, filepath.Join(dir, "order"))
	host := exec.Command(os.Args[0])
	host.Env = append(r.opts.Environ, makeEnv+"="+r.opts.Folder+"|"+r.dir+"|"+script)
	if err := host.Start(); err != nil {
		t.Fatal(err)
	}
	for i := 0; ; i++ {
		if b, err := os.ReadFile(pids); err == nil && len(b) > 0 {
			break
		}
		if i > 2000 {
			t.Fatal("the build never began")
		}
		time.Sleep(10 * time.Millisecond)
	}
	// This process may adopt what the host leaves, and takes it then for a part of the
	// next tree that it starts, unless it is older by one tick of the kernel's.
	time.Sleep(50 * time.Millisecond)
	_ = host.Process.Kill()
	_ = host.Wait()
	s := r.spec("main", script)
	tree := r.resolve(s)
	if tree.Built {
		t.Error("it looks built")
	}
	waited := false
	r.opts.Step = func(line string) {
		waited = waited || strings.HasPrefix(line, "waits")
		if strings.HasPrefix(line, "waits") || strings.HasPrefix(line, "runs") {
			if err := os.WriteFile(release, nil, 0o644); err != nil {
				t.Error(err)
			}
		}
	}
	r.make(s)
	switch order := r.read(filepath.Join(dir, "order")); {
	case order == "ended\nended\n" && waited:
	case order == "ended\n":
		t.Log("a session of another test has ended what the killed one left")
	default:
		t.Errorf("waited: %v, order %q", waited, order)
	}
	if !r.resolve(s).Built {
		t.Error("it is not built")
	}
}
