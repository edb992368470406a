package cli

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/assay-bench/assay/core/internal/badplugin"
	"github.com/assay-bench/assay/core/internal/proctree"
)

// One interrupt ends a run wherever it is, and every process with it. Each stage
// makes the file "there" when it has been reached, and would last for ever.
func TestAnInterruptEndsEveryStage(t *testing.T) {
	bin := t.TempDir()
	assay := filepath.Join(bin, "assay") // the test binary is the command under this name
	self, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(assay, self, 0o755); err != nil {
		t.Fatal(err)
	}
	plugins := bad(t)
	for name, s := range map[string]struct {
		early, config, more string
		lock                bool
	}{
		"start":    {early: "slow-start@start"},
		"validate": {config: `mode = "hang", at = "validate"`},
		"build":    {more: "build {\n command = [\"sh\", \"-c\", \"setsid sleep 600 & touch $ASSAY_BADPLUGIN_THERE; exec sleep 600\"]\n }"},
		"lock":     {lock: true},
		"open":     {early: "hang@open"},
		"prepare":  {config: `mode = "hang", at = "prepare"`},
		"measure":  {config: `mode = "hang", at = "measure"`},
		"release":  {config: `mode = "hang", at = "release"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, aside := t.TempDir(), t.TempDir() // what stands aside is no part of a build
			there := filepath.Join(aside, "there")
			config := strings.ReplaceAll(s.config, ", ", "\n")
			write(t, filepath.Join(dir, "x.hcl"), `experiment "x" {
  plugin = "bad"
  device = "cpu"
  variant "a" { baseline = true }
  variant "b" {
    config {
      iteration_ns = 20000
      tag = "b"
      `+config+`
    }
    `+s.more+`
  }
  measure {
    rounds = 1
    max_rounds = 1
    passes = 1
    samples = 2
    visit = "2ms"
    heartbeat_timeout = "1h"
    search = false
  }
}
`)
			lock := filepath.Join(aside, "lock")
			if s.lock {
				f, err := os.Create(lock)
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
					t.Fatal(err)
				}
			}
			if s.more != "" {
				if _, err := exec.LookPath("git"); err != nil {
					t.Skip("a build is of a git repository:", err)
				}
				for _, args := range [][]string{{"init", "-q"}, {"add", "."}, {"-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"}} {
					git := exec.Command("git", args...)
					git.Dir = dir
					if out, err := git.CombinedOutput(); err != nil {
						t.Fatalf("git %v: %v\n%s", args, err, out)
					}
				}
			}
			cmd := exec.Command(assay, "run", "x.hcl")
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "ASSAY_PLUGIN_DIR="+plugins, "ASSAY_LOCK="+lock, "ASSAY_HISTORY=off", "XDG_CACHE_HOME="+filepath.Join(aside, "cache"),
				"NO_COLOR=1", badplugin.Env+"="+s.early, badplugin.EnvThere+"="+there)
			said := filepath.Join(aside, "said")
			out, err := os.Create(said)
			if err != nil {
				t.Fatal(err)
			}
			defer out.Close()
			cmd.Stdout, cmd.Stderr = out, out
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			limit := time.AfterFunc(2*time.Minute, func() { _ = cmd.Process.Kill() })
			defer limit.Stop()
			ended := make(chan struct{})
			go func() { _ = cmd.Wait(); close(ended) }()
			for !exists(there) && !(s.lock && strings.Contains(text(said), "waiting:")) {
				select {
				case <-ended:
					t.Fatalf("it ended before the stage: %s", text(said))
				case <-time.After(10 * time.Millisecond):
				}
			}
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			<-ended
			if !strings.Contains(text(said), "interrupted") {
				t.Errorf("it does not say that it was interrupted:\n%s", text(said))
			}
			if left := marked(cmd.Process.Pid); len(left) > 0 {
				t.Errorf("processes survive: %q", left)
			}
		})
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func text(path string) string {
	b, _ := os.ReadFile(path)
	return string(b)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// marked lists the processes of a host's trees.
func marked(host int) (left []string) {
	if runtime.GOOS != "linux" {
		return nil
	}
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range files {
		environ, _ := os.ReadFile(file)
		for entry := range bytes.SplitSeq(environ, []byte{0}) {
			if bytes.HasPrefix(entry, []byte(proctree.EnvMark+"=")) && bytes.Contains(entry, []byte("-"+strconv.Itoa(host)+"-")) {
				command, _ := os.ReadFile(filepath.Join(filepath.Dir(file), "cmdline"))
				left = append(left, string(bytes.ReplaceAll(command, []byte{0}, []byte(" "))))
			}
		}
	}
	return left
}
