package process_test

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/assay-bench/assay/core/internal/badplugin"
	"github.com/assay-bench/assay/core/process"
)

// A host that is stopped for longer than a plugin may be silent, as by Ctrl-Z,
// does not take the plugin for silent when it goes on.
func TestAStoppedHostHeardNothing(t *testing.T) {
	const silence = 500 * time.Millisecond
	if path := os.Getenv(hostEnv); path != "" {
		p, err := process.Start(t.Context(), process.Options{Path: path, Env: append(process.AllowedEnv(os.Environ()), badplugin.Env+"=")})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Kill()
		fmt.Println("started")
		if _, err := visit(t.Context(), t, p, map[string]any{"iteration_ns": 20e6}, 18, silence); err != nil {
			t.Fatal(err)
		}
		fmt.Println("measured")
		return
	}
	host, out := startHost(t)
	said := bufio.NewReader(out)
	if line, err := said.ReadString('\n'); line != "started\n" {
		t.Fatalf("the host said %q: %v", line, err)
	}
	for range 2 {
		time.Sleep(silence / 2)
		for _, signal := range []syscall.Signal{syscall.SIGSTOP, syscall.SIGCONT} {
			if err := host.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			if signal == syscall.SIGSTOP {
				time.Sleep(2 * silence)
			}
		}
	}
	var rest bytes.Buffer
	_, _ = rest.ReadFrom(said)
	if err := host.Wait(); err != nil || !bytes.Contains(rest.Bytes(), []byte("measured")) {
		t.Errorf("%v: %s", err, rest.Bytes())
	}
}
