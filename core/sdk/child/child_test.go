package child

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func start(t *testing.T, s Spec) *Child {
	t.Helper()
	c, err := Start(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(0); err != nil {
			t.Error(err)
		}
	})
	return c
}

func sh(script string, args ...string) []string {
	return append([]string{"/bin/sh", "-c", script, "sh"}, args...)
}

func TestExitAndOutput(t *testing.T) {
	var out, errs bytes.Buffer
	c := start(t, Spec{
		Argv: sh(`read x; echo "in=$x"; echo "$GREETING" >&2; pwd; exit 7`), Dir: "/",
		Env: Environ(map[string]string{"GREETING": "hello"}), Stdout: &out, Stderr: &errs,
	})
	<-c.Done()
	if got := c.Exit(); got.State.ExitCode() != 7 || got.Wall <= 0 {
		t.Errorf("exit %+v, want status 7 and a time", got)
	}
	if out.String() != "in=\n/\n" || errs.String() != "hello\n" {
		t.Errorf("stdout %q, stderr %q", out.String(), errs.String())
	}
	if tail := c.Tail(); len(tail) != len("in=\n/\nhello\n") {
		t.Errorf("tail %q has not both", tail)
	}
}

func TestStdinIsGiven(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var out bytes.Buffer
	c := start(t, Spec{Argv: []string{"cat"}, Stdin: r, Stdout: &out})
	w.WriteString("one\n")
	w.Close()
	<-c.Done()
	if out.String() != "one\n" {
		t.Errorf("got %q", out.String())
	}
}

func TestTailIsBoundedAndBeginsWithALine(t *testing.T) {
	c := start(t, Spec{Argv: sh(`i=0; while [ $i -lt 3000 ]; do echo "line number $i"; i=$((i+1)); done`)})
	<-c.Done()
	tail := c.Tail()
	if len(tail) > tailBytes || !strings.HasPrefix(tail, "line number ") || !strings.HasSuffix(tail, "line number 2999\n") {
		t.Errorf("%d bytes, %q … %q", len(tail), tail[:20], tail[len(tail)-20:])
	}
}

// The group ends with the program, and no member of it survives Stop.
func TestTheWholeGroupEnds(t *testing.T) {
	for _, tt := range []struct {
		name, script string
		end          func(*Child) error
	}{
		{"the program ends by itself", `sleep 600 & echo $! > "$1"`, func(c *Child) error { <-c.Done(); return nil }},
		{"stopped", `sleep 600 & echo $! > "$1"; wait`, func(c *Child) error { return c.Stop(time.Minute) }},
		{"stopped, deaf to SIGTERM", `trap '' TERM; sleep 600 & echo $! > "$1"; wait`, func(c *Child) error { return c.Stop(time.Millisecond) }},
		{"killed", `sleep 600 & echo $! > "$1"; wait`, func(c *Child) error { return c.Stop(0) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "pid")
			c := start(t, Spec{Argv: sh(tt.script, file)})
			grandchild := awaitPID(t, file)
			if err := tt.end(c); err != nil {
				t.Fatal(err)
			}
			awaitGone(t, grandchild)
			awaitGone(t, c.group.id)
			if err := c.Stop(time.Minute); err != nil {
				t.Errorf("a second stop: %v", err)
			}
		})
	}
}

// A plugin that is killed takes its programs with it: this test's own binary is
// the plugin.
func TestTheGroupEndsWithThePlugin(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pid")
	plugin := exec.Command(os.Args[0], "-test.run", "^TestHelperPlugin$")
	plugin.Env = append(os.Environ(), "CHILD_TEST_PID_FILE="+file)
	plugin.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := plugin.Start(); err != nil {
		t.Fatal(err)
	}
	grandchild := awaitPID(t, file)
	if err := syscall.Kill(-plugin.Process.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = plugin.Wait()
	awaitGone(t, grandchild)
}

func TestHelperPlugin(t *testing.T) {
	file := os.Getenv("CHILD_TEST_PID_FILE")
	if file == "" {
		t.Skip("a part of the test before it, in a process of its own")
	}
	c, err := Start(Spec{Argv: sh(`sleep 600 & echo $! > "$1"; wait`, file)})
	if err != nil {
		t.Fatal(err)
	}
	<-c.Done()
}

func TestUsageIsOfTheGroup(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pid")
	c := start(t, Spec{Argv: sh(`(while :; do :; done) & echo $! > "$1"; wait`, file)})
	awaitPID(t, file)
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		u, err := c.Usage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if u.Processes == 2 && u.CPU > 0 && u.Resident > 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%+v, want two processes, CPU time and memory", u)
		}
	}
}

func TestLookup(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	tool, script := write("bin/tool", 0o755), write("work/run.sh", 0o755)
	write("work/plain", 0o644)
	path := "PATH=relative:" + filepath.Dir(tool)
	for _, tt := range []struct {
		argv      []string
		want, err string
	}{
		{[]string{"tool"}, tool, ""},
		{[]string{"./run.sh"}, script, ""},
		{[]string{script}, script, ""},
		{nil, "", "argv is empty"},
		{[]string{""}, "", "argv is empty"},
		{[]string{"no-such-tool"}, "", "not found in PATH"},
		{[]string{"run.sh"}, "", "not found in PATH"},
		{[]string{"./none"}, "", "./none: no such file"},
		{[]string{"./plain"}, "", "not executable"},
		{[]string{dir}, "", "it is a folder"},
	} {
		got, err := lookup(tt.argv, filepath.Join(dir, "work"), []string{path})
		if got != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%q: %q, %v; want %q, %q", tt.argv, got, err, tt.want, tt.err)
		}
	}
	if _, err := Start(Spec{Argv: []string{script}, Dir: filepath.Join(dir, "no-such-folder")}); err == nil {
		t.Error("a folder that does not exist was accepted")
	}
}

func TestEnvironLeavesOutWhatIsThePluginsOwn(t *testing.T) {
	t.Setenv("ASSAY_LIFELINE_FD", "3")
	t.Setenv("PLUGIN_CLIENT_CERT", "x")
	t.Setenv("KEPT", "yes")
	got := strings.Join(Environ(map[string]string{"ADDED": "a=b", "KEPT": "more"}), "\n") + "\n"
	if strings.Contains(got, "ASSAY_LIFELINE_FD") || strings.Contains(got, "PLUGIN_CLIENT_CERT") ||
		!strings.Contains(got, "\nKEPT=more\n") || !strings.Contains("\n"+got, "\nADDED=a=b\n") {
		t.Error(got)
	}
}

func awaitPID(t *testing.T, file string) int {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		text, _ := os.ReadFile(file)
		if pid, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil {
			return pid
		}
	}
	t.Fatal("the program did not start")
	return 0
}

func awaitGone(t *testing.T, pid int) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if syscall.Kill(pid, 0) != nil || zombie(pid) {
			return
		}
	}
	t.Errorf("process %d is still there", pid)
}

// zombie: dead, and not yet collected by the init of a container.
func zombie(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(after, "Z")
}
