package machine

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// A program that computes beside the session is named, and this one is not.
func TestOthers(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("a shell is the program that computes beside the test:", err)
	}
	program := filepath.Join(t.TempDir(), "neighbour")
	if err := os.Symlink(sh, program); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-c", "while :; do :; done")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	stop := NewObserver().Others()
	for begun := time.Now(); ; { // it shares the cores with whatever else runs
		if p, ok := look(cmd.Process.Pid); ok && p.ran > 200*time.Millisecond || time.Since(begun) > 20*time.Second {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	cores := map[string]float64{}
	for _, b := range stop() {
		cores[b.Name] = b.Cores
	}
	own := filepath.Base(os.Args[0])
	if len(cores) == 0 || cores[own] > 0 {
		t.Errorf("%v", cores)
	}
}
