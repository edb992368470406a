package sim

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/assay-bench/assay/metal"
)

// host is the child process that runs kernels. It speaks lines; see
// runtime/main.cc.
type host struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	lines   chan string // closed when the child's output ends
	stderr  tail
	mapped  map[int]bool
	modules map[string]int // path -> number
	paths   []string       // number -> path
}

// tail keeps the end of what the child says on its standard error.
type tail struct{ text []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.text = append(t.text, p...)
	if n := len(t.text) - 2048; n > 0 {
		t.text = t.text[n:]
	}
	return len(p), nil
}

// startTime bounds how long a child may take to answer outside of kernels.
const startTime = 10 * time.Second

func startHost(ctx context.Context, program string, workers int) (*host, error) {
	h := &host{cmd: exec.Command(program, strconv.Itoa(workers)), lines: make(chan string, 16), mapped: map[int]bool{}, modules: map[string]int{}}
	h.cmd.Env = []string{}
	h.cmd.Stderr = &h.stderr
	in, err := h.cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("sim: %w", err)
	}
	h.in = in
	out, err := h.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("sim: %w", err)
	}
	if err := h.cmd.Start(); err != nil {
		return nil, fmt.Errorf("sim: start %s: %w", program, err)
	}
	go func() {
		defer close(h.lines)
		s := bufio.NewScanner(out)
		s.Buffer(nil, 1<<20)
		for s.Scan() {
			h.lines <- s.Text()
		}
	}()
	line, err := h.wait(ctx, startTime)
	if err == nil && line != "ready" {
		err = fmt.Errorf("it says %q", line)
	}
	if err != nil {
		h.kill()
		return nil, fmt.Errorf("sim: start %s: %w", program, err)
	}
	return h, nil
}

// died is the end of the child's output.
type died struct{ detail string }

func (d *died) Error() string { return "the process that runs kernels ended: " + d.detail }

// expired is a wait that found no progress.
type expired struct{ limit time.Duration }

func (e *expired) Error() string { return fmt.Sprintf("no progress for %v", e.limit) }

// wait returns the next answer. Beats extend the limit and are passed on.
func (h *host) wait(ctx context.Context, limit time.Duration) (string, error) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		select {
		case line, ok := <-h.lines:
			if !ok {
				err := h.cmd.Wait()
				return "", &died{strings.TrimSpace(fmt.Sprintf("%v %s", err, h.stderr.text))}
			}
			metal.Beat(ctx)
			if line != "beat" {
				return line, nil
			}
			timer.Reset(limit)
		case <-timer.C:
			return "", &expired{limit}
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

// call sends a command and returns the answer.
func (h *host) call(ctx context.Context, limit time.Duration, command string) (string, error) {
	if _, err := io.WriteString(h.in, command+"\n"); err != nil {
		if line, waitErr := h.wait(ctx, startTime); waitErr != nil {
			return line, waitErr
		}
		return "", fmt.Errorf("sim: send: %w", err)
	}
	return h.wait(ctx, limit)
}

// expect sends a command whose only good answer is ok.
func (h *host) expect(ctx context.Context, command string) error {
	line, err := h.call(ctx, startTime, command)
	switch {
	case ctx.Err() != nil: // the caller's wish, and no word about the device
		return fmt.Errorf("sim: %w", err)
	case err != nil:
		return fmt.Errorf("sim: %w: %w", metal.ErrLost, err)
	}
	if line != "ok" {
		return fmt.Errorf("sim: %s", strings.TrimPrefix(line, "error "))
	}
	return nil
}

// load makes a shared object's kernels known and returns its number.
func (h *host) load(ctx context.Context, path string) (int, error) {
	if n, ok := h.modules[path]; ok {
		return n, nil
	}
	if err := h.expect(ctx, "load "+path); err != nil {
		return 0, err
	}
	n := len(h.paths)
	h.modules[path] = n
	h.paths = append(h.paths, path)
	return n, nil
}

func (h *host) mapMemory(ctx context.Context, m *memory) error {
	if h.mapped[m.id] {
		return nil
	}
	if err := h.expect(ctx, fmt.Sprintf("map %d %d %s", m.id, m.size, m.path())); err != nil {
		return err
	}
	h.mapped[m.id] = true
	return nil
}

func (h *host) unmap(id int) {
	if h.mapped[id] {
		delete(h.mapped, id)
		_ = h.expect(context.Background(), "unmap "+strconv.Itoa(id))
	}
}

// where asks a child that does not answer which line it is in. A worker that is
// between two kernels, or has not begun on a busy machine, does not say: it is
// asked again.
func (h *host) where() string {
	for range 4 {
		if h.cmd.Process.Signal(syscall.SIGUSR1) != nil {
			return ""
		}
		if line, err := h.wait(context.Background(), time.Second/2); err == nil {
			return line
		}
	}
	return ""
}

// kill ends the child at once.
func (h *host) kill() {
	_ = h.cmd.Process.Kill()
	_ = h.in.Close()
	for range h.lines { // until the reader is done
	}
	_ = h.cmd.Wait()
}
