package process_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/assay-bench/assay/core/internal/badplugin"
	"github.com/assay-bench/assay/core/process"
	"github.com/assay-bench/assay/core/proto/pluginv1"
)

// hostEnv makes the test binary a host that starts one plugin, says so and is then
// killed or stopped.
const hostEnv = "ASSAY_TEST_HOST"

// startHost runs the test that calls it once more, as such a host.
func startHost(t *testing.T) (host *exec.Cmd, out io.Reader) {
	t.Helper()
	host = exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	host.Env = append(os.Environ(), hostEnv+"="+badPath)
	out, err := host.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := host.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = host.Process.Kill() })
	return host, out
}

// What the plugin started ends too, as far as it stays in the plugin's group.
func TestPluginEndsWithItsHost(t *testing.T) {
	if path := os.Getenv(hostEnv); path != "" {
		env := append(process.AllowedEnv(os.Environ()), badplugin.Env+"=fork@start")
		p, err := process.Start(t.Context(), process.Options{Path: path, Env: env})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("pid %d\n", p.PID())
		time.Sleep(time.Minute)
		return
	}
	host, out := startHost(t)
	pid := 0
	lines := bufio.NewScanner(out)
	for pid == 0 && lines.Scan() {
		_, _ = fmt.Sscanf(lines.Text(), "pid %d", &pid)
	}
	if pid == 0 {
		t.Fatal("the host did not start its plugin")
	}
	members := group(t, pid)
	if len(members) != 2 {
		t.Errorf("processes %v in the plugin's group, want it and the one that it started", members)
	}
	if err := host.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, out)
	_ = host.Wait()
	// Without a host nobody but init can reap it: a zombie counts as gone.
	deadline := time.Now().Add(10 * time.Second)
	for slices.ContainsFunc(members, alive) {
		if time.Now().After(deadline) {
			_ = syscall.Kill(-pid, syscall.SIGKILL)
			t.Fatalf("of the plugin %d and its processes %v some outlived the host", pid, members)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// group lists the processes of a process group.
func group(t *testing.T, id int) (pids []int) {
	t.Helper()
	out, err := exec.Command("ps", "-axo", "pid=,pgid=").Output()
	if err != nil {
		t.Skip("ps lists no processes here:", err)
	}
	for line := range strings.Lines(string(out)) {
		var pid, pgid int
		if n, _ := fmt.Sscan(line, &pid, &pgid); n == 2 && pgid == id {
			pids = append(pids, pid)
		}
	}
	return pids
}

func alive(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return !os.IsNotExist(err) || !procExists()
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(state, "Z")
}

func procExists() bool {
	_, err := os.Stat("/proc/self/stat")
	return err == nil
}

// longVisit runs a visit without end; the result of Measure arrives on the
// channel, after began is closed by the first sample.
func longVisit(t *testing.T, p *process.Process, config map[string]any) (began <-chan struct{}, result <-chan error) {
	t.Helper()
	if _, err := p.OpenDevice(t.Context(), &pluginv1.OpenDeviceRequest{Kind: "cpu"}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.PrepareCase(t.Context(), request(t, "a", config), nil); err != nil {
		t.Fatal(err)
	}
	first, done := make(chan struct{}), make(chan error, 1)
	go func() {
		n := 0
		_, err := p.Measure(context.Background(), &pluginv1.Start{Handle: "a", Phase: "decode", Iterations: 1}, process.MeasureHandler{
			OnSample: func(*pluginv1.Sample) (bool, error) {
				if n++; n == 1 {
					close(first)
				}
				return false, nil
			},
		})
		done <- err
	}()
	return first, done
}

func TestStopDuringAVisit(t *testing.T) {
	t.Parallel()
	p, _ := start(t, "")
	began, result := longVisit(t, p, map[string]any{})
	<-began
	if d := p.Stop(t.Context()); d.Died() || d.ExitCode != 0 {
		t.Errorf("death = %+v, want an orderly end", d)
	}
	if err := <-result; err != nil {
		t.Errorf("the visit ended with %v, want Done", err)
	}
	mustBeGone(t, p)
}

func TestStopOfAPluginThatDoesNotAnswer(t *testing.T) {
	for _, mode := range []string{"hang", "stop"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			p, _ := start(t, "")
			began, result := longVisit(t, p, map[string]any{"mode": mode, "sample": 2})
			<-began
			time.Sleep(50 * time.Millisecond) // let it reach the second batch
			p.Stop(t.Context())
			if err := <-result; err == nil {
				t.Error("the visit ended without an error")
			}
			mustBeGone(t, p)
		})
	}
}

func TestKillForAGuardrail(t *testing.T) {
	t.Parallel()
	p, _ := start(t, "")
	began, result := longVisit(t, p, map[string]any{})
	<-began
	p.KillFor("device_bytes")
	err := <-result
	var death *process.DeathError
	if !errors.As(err, &death) || death.Death.String() != "killed_by_guardrail(device_bytes)" {
		t.Errorf("err = %v", err)
	}
	mustBeGone(t, p)
}

func TestPluginWithoutTLS(t *testing.T) {
	t.Parallel()
	p, _ := start(t, "plain@start")
	if samples, err := visit(t.Context(), t, p, map[string]any{}, 2, time.Minute); err != nil || len(samples) != 2 {
		t.Errorf("samples = %v, err = %v", samples, err)
	}
	_, _, err := tryStart(t, "plain-outside@start", process.Options{})
	if err == nil || !strings.Contains(err.Error(), "nor a socket inside $PLUGIN_UNIX_SOCKET_DIR") {
		t.Errorf("a socket outside the private folder: err = %v", err)
	}
}

func TestStartIsCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	opts := process.Options{Path: badPath, Env: append(process.AllowedEnv(os.Environ()), "ASSAY_BADPLUGIN=slow-start@start")}
	if _, err := process.Start(ctx, opts); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("err = %v", err)
	}
}

func TestStartOfWhatIsNoPlugin(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	script := dir + "/assay-plugin-chatty"
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho hello; sleep 60\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	tcp := dir + "/assay-plugin-tcp"
	if err := os.WriteFile(tcp, []byte("#!/bin/sh\necho '1|1|tcp|127.0.0.1:9|grpc|'; sleep 60\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ path, want string }{
		{dir + "/absent", "no such file"},
		{dir, ""},
		{script, "protocol during start: Unrecognized remote plugin message: hello"},
		{tcp, "only a unix socket is accepted"},
		{"/bin/true", "protocol during start: exited without a handshake"},
		{"/bin/false", "exited(1) during start"},
	}
	for _, tt := range tests {
		p, err := process.Start(t.Context(), process.Options{Path: tt.path})
		if err == nil {
			p.Kill()
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: err = %v, want %q", tt.path, err, tt.want)
		}
	}
}
