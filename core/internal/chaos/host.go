package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// host is one run of assay.
type host struct {
	cmd    *exec.Cmd
	line   string // what was typed
	out    string // path of what it printed
	began  time.Time
	at     time.Time // it ended
	status int       // as a shell has it: 128 + signal
	ended  chan struct{}
}

// start runs assay in the trial's folder. Its output goes to a file, so that
// nothing that outlives it can keep the trial waiting.
func (t *trial) start(shell string, args ...string) *host {
	h := &host{line: "assay " + strings.Join(args, " "), ended: make(chan struct{}), began: time.Now()}
	h.out = t.path(fmt.Sprintf("out.%d", len(t.hosts)))
	t.hosts = append(t.hosts, h)
	h.cmd = exec.Command(t.assay, args...)
	if shell != "" {
		h.cmd = exec.Command("/bin/sh", append([]string{"-c", shell + `; exec "$0" "$@"`, t.assay}, args...)...)
	}
	h.cmd.Dir, h.cmd.Env = t.dir, t.environ()
	h.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	f, err := os.Create(h.out)
	if err != nil {
		return h.never(t, err)
	}
	defer f.Close()
	h.cmd.Stdout, h.cmd.Stderr = f, f
	if t.streams != nil && len(t.hosts) == 1 {
		closing, err := t.streams(t, h.cmd)
		if err != nil {
			return h.never(t, err)
		}
		defer closing()
	}
	if err := h.cmd.Start(); err != nil {
		return h.never(t, err)
	}
	go func() {
		h.ending(h.cmd.Wait())
	}()
	return h
}

// never is a host that could not be started.
func (h *host) never(t *trial, err error) *host {
	t.bad("other", "%s: %v", h.line, err)
	h.at = time.Now()
	close(h.ended)
	return h
}

func (h *host) ending(err error) {
	h.at = time.Now()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		h.status = exit.ExitCode()
		if w, ok := exit.Sys().(syscall.WaitStatus); ok && w.Signaled() {
			h.status = 128 + int(w.Signal())
		}
	}
	close(h.ended)
}

func (h *host) signal(s syscall.Signal) {
	if h.cmd.Process != nil {
		_ = h.cmd.Process.Signal(s)
	}
}

func (h *host) kill() { h.signal(syscall.SIGKILL) }

func (h *host) hasEnded() bool {
	select {
	case <-h.ended:
		return true
	default:
		return false
	}
}

// killed says that it had no time to clean up.
func (h *host) killed() bool { return h.status == 128+int(syscall.SIGKILL) }

// printed is what it printed.
func (h *host) printed() string {
	b, _ := os.ReadFile(h.out)
	return string(b)
}

// moment waits until a point of the session that is drawn: a number of samples
// that were acknowledged, or, in one of four, a time since its start. It ends
// early with the session.
func (t *trial) moment(h *host) {
	byTime, samples := t.rng.IntN(4) == 0, t.rng.IntN(160)
	after := time.Duration(t.rng.IntN(600)) * time.Millisecond
	for !h.hasEnded() {
		if byTime && time.Since(h.began) >= after {
			return
		}
		// A sample's line has about 40 bytes, and a call of Measure has one of its own.
		if info, err := os.Stat(t.path("acks")); !byTime && err == nil && info.Size() >= int64(50*samples) {
			return
		}
		time.Sleep(time.Millisecond)
	}
}
