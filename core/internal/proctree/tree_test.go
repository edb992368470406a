package proctree

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// modeEnv makes the test binary a program that leaves processes behind. Every
// process of its tree holds descriptor 3, a pipe: it writes a byte when it is
// there, and the pipe's end says that none is left.
const modeEnv = "PROCTREE_TEST_MODE"

const pipeFD = 3

func TestMain(m *testing.M) {
	if mode := os.Getenv(modeEnv); mode != "" {
		act(mode)
		return
	}
	os.Exit(m.Run())
}

// act is what a process of the tree does. Each ends by itself in the end, so that
// a failing test leaves nothing.
func act(mode string) {
	time.AfterFunc(time.Minute, func() { os.Exit(1) })
	first, rest, _ := strings.Cut(mode, ">")
	switch first {
	case "exit": // of the root or of a parent in between
		return
	case "stay":
		signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
		there()
	case "stop":
		there()
		_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	case "child": // goes on beside its child
		spawn(rest, &syscall.SysProcAttr{}, os.Environ())
		there()
	case "group":
		spawn(rest, &syscall.SysProcAttr{Setpgid: true}, os.Environ())
		return
	case "session":
		spawn(rest, &syscall.SysProcAttr{Setsid: true}, os.Environ())
		return
	case "bare": // no environment to be known by
		spawn(rest, &syscall.SysProcAttr{Setsid: true}, nil)
		return
	case "nohup":
		_ = syscall.Exec("/bin/sh", []string{"sh", "-c", "nohup \"$0\" >/dev/null 2>&1 &", os.Args[0]}, append(os.Environ(), modeEnv+"="+rest))
		os.Exit(1)
	case "loop":
		there()
		for range 1000 {
			spawn(rest, &syscall.SysProcAttr{Setsid: true}, os.Environ())
		}
	case "host": // a host that starts a tree and is killed
		cmd := program(rest, os.NewFile(pipeFD, "pipe"))
		if os.Getenv("PROCTREE_TEST_PLAIN") != "" {
			ownCgroup = func() string { return "" }
		}
		t, err := Start(cmd)
		if err != nil {
			os.Exit(1)
		}
		_ = t.Wait
	}
	select {}
}

func there() { _, _ = os.NewFile(pipeFD, "pipe").Write([]byte{'.'}) }

func spawn(mode string, attr *syscall.SysProcAttr, env []string) {
	cmd := program(mode, os.NewFile(pipeFD, "pipe"))
	cmd.Env, cmd.SysProcAttr = append(env, modeEnv+"="+mode), attr
	if err := cmd.Start(); err != nil {
		os.Exit(1)
	}
}

func program(mode string, pipe *os.File) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), modeEnv+"="+mode)
	cmd.ExtraFiles = []*os.File{pipe}
	return cmd
}

// pipe for descriptor 3 of a tree. The writing end must be closed once it has
// been given away.
func pipe(t *testing.T) (read, write *os.File) {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { read.Close(); write.Close() })
	return read, write
}

// await reads until n processes are there.
func await(t *testing.T, from *os.File, n int) {
	t.Helper()
	_ = from.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := io.ReadFull(from, make([]byte, n)); err != nil {
		t.Fatalf("the processes did not start: %v", err)
	}
}

// none waits for the end of the pipe: no process is left.
func none(t *testing.T, from *os.File) {
	t.Helper()
	_ = from.SetReadDeadline(time.Now().Add(5 * time.Second))
	if _, err := io.Copy(io.Discard, from); err != nil {
		t.Errorf("something survives: %v", err)
	}
}

// Ways to leave a tree, the last with how many processes then stay.
var ways = map[string]int{
	"stay":                       1,
	"child>stay":                 2,
	"child>stop":                 2,
	"group>stay":                 1,
	"session>stay":               1,
	"session>session>stay":       1,
	"session>session>group>stop": 1,
	"nohup>stay":                 1,
	"session>bare>stay":          1,
	"session>loop>stay":          3,
}

// both runs a test with a cgroup, where the system gives one, and without.
func both(t *testing.T, test func(t *testing.T)) {
	t.Run("by search", func(t *testing.T) {
		known := ownCgroup
		ownCgroup = func() string { return "" }
		defer func() { ownCgroup = known }()
		test(t)
	})
	t.Run("by cgroup", func(t *testing.T) {
		if !grouped() {
			t.Skip("this system gives no cgroup v2")
		}
		test(t)
		cgroupsLeft(t)
	})
}

// grouped says that trees get cgroups here.
func grouped() bool {
	g := newCgroup("test-" + rand.Text())
	g.remove()
	return g != nil
}

func cgroupsLeft(t *testing.T) {
	t.Helper()
	entries, err := os.ReadDir(ownCgroup())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), cgroupPrefix+newID(0)[:len(newID(0))-1]) {
			t.Errorf("%s is left", e.Name())
		}
	}
}

// survives says that this system cannot find what a way leaves.
func survives(way string) bool { return strings.Contains(way, "bare") && !adopting }

func TestNothingOutlivesATree(t *testing.T) {
	both(t, func(t *testing.T) {
		for way, n := range ways {
			t.Run(way, func(t *testing.T) {
				adopt()
				if survives(way) {
					t.Skip("this system gives orphans to another process, and they have no mark")
				}
				read, write := pipe(t)
				tree, err := Start(program(way, write))
				if err != nil {
					t.Fatal(err)
				}
				write.Close()
				await(t, read, n)
				tree.Kill()
				_ = tree.Wait()
				none(t, read)
			})
		}
	})
}

// The end of the root ends the rest, without a Kill; Run does not wait for those
// that hold its output.
func TestRunEndsWithTheRoot(t *testing.T) {
	both(t, func(t *testing.T) {
		read, write := pipe(t)
		var out strings.Builder
		cmd := exec.Command("/bin/sh", "-c", `echo said; "$0" & "$0" & read -r _ <&4; exit 3`, os.Args[0])
		gate, open := pipe(t)
		cmd.Env = append(os.Environ(), modeEnv+"=stay")
		cmd.ExtraFiles = []*os.File{write, gate}
		cmd.Stdout, cmd.Stdin = &out, strings.NewReader("never read")
		go func() { await(t, read, 2); fmt.Fprintln(open); write.Close() }()
		err := Run(t.Context(), cmd, 0)
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 3 || out.String() != "said\n" {
			t.Errorf("error %v, output %q", err, out.String())
		}
		none(t, read)
	})
}

func TestRunIsCancelled(t *testing.T) {
	for _, grace := range []time.Duration{0, 10 * time.Millisecond} {
		read, write := pipe(t)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() { await(t, read, 2); write.Close(); cancel() }()
		if err := Run(ctx, program("child>stay", write), grace); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		none(t, read)
	}
}

// A process that cleared its environment belongs to some tree: it ends with the
// last of them at the latest.
func TestAHiddenOrphanEndsWithTheLastTree(t *testing.T) {
	adopt()
	if !adopting {
		t.Skip("this system does not let a process adopt")
	}
	known := ownCgroup
	ownCgroup = func() string { return "" }
	defer func() { ownCgroup = known }()
	other, otherWrite := pipe(t)
	beside, err := Start(program("stay", otherWrite))
	if err != nil {
		t.Fatal(err)
	}
	otherWrite.Close()
	await(t, other, 1)
	read, write := pipe(t)
	tree, err := Start(program("session>bare>stay", write))
	if err != nil {
		t.Fatal(err)
	}
	write.Close()
	await(t, read, 1)
	_ = tree.Wait()
	beside.Kill()
	_ = beside.Wait()
	none(t, read)
	none(t, other)
}

func TestKillAll(t *testing.T) {
	var reads []*os.File
	var trees []*Tree
	for range 2 {
		read, write := pipe(t)
		tree, err := Start(program("child>session>stay", write))
		if err != nil {
			t.Fatal(err)
		}
		write.Close()
		await(t, read, 2)
		reads, trees = append(reads, read), append(trees, tree)
	}
	KillAll()
	for i := range trees {
		none(t, reads[i])
		_ = trees[i].Wait()
	}
}

func TestOrphansOfAKilledHost(t *testing.T) {
	adopt()
	for way, n := range ways {
		for _, plain := range []bool{true, false} {
			if strings.Contains(way, "bare") && (plain || !grouped()) {
				continue // nothing leads to it
			}
			t.Run(fmt.Sprintf("%s, plain %v", way, plain), func(t *testing.T) {
				read, write := pipe(t)
				host := program("host>"+way, write)
				if plain {
					host.Env = append(host.Env, "PROCTREE_TEST_PLAIN=1")
				}
				if err := host.Start(); err != nil {
					t.Fatal(err)
				}
				write.Close()
				await(t, read, n)
				if found := EndOrphans(); len(found) != 0 {
					t.Errorf("%v are taken for orphans while their host lives", found)
				}
				_ = host.Process.Kill()
				_ = host.Wait()
				if found := EndOrphans(); len(found) == 0 {
					t.Log("no orphan is named: another test's session has ended them")
				}
				none(t, read)
				if found := EndOrphans(); len(found) != 0 {
					t.Errorf("%v are found again", found)
				}
			})
		}
	}
}

func TestAProgramThatIsNone(t *testing.T) {
	both(t, func(t *testing.T) {
		path := t.TempDir()
		if _, err := Start(exec.Command(path)); !errors.Is(err, syscall.EACCES) {
			t.Errorf("error %v", err)
		}
		if err := Run(t.Context(), exec.Command("assay-no-such-program"), 0); !errors.Is(err, exec.ErrNotFound) {
			t.Errorf("error %v", err)
		}
	})
}

// A tree that ends takes nothing from one that starts at the same moment.
func TestTreesSideBySide(t *testing.T) {
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for range 150 {
				if err := Run(t.Context(), exec.Command("sleep", "0.002"), 0); err != nil {
					t.Errorf("a program that was left alone: %v", err)
				}
			}
		})
	}
	wg.Wait()
}
