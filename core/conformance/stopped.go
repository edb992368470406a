package conformance

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"syscall"
	"time"

	"github.com/assay-bench/assay/core/process"
	"github.com/assay-bench/assay/core/proto/pluginv1"
)

// hosted is a visit for a host in a process of its own, which can be stopped.
type hosted struct {
	Options struct {
		Path, Config, Device string
		Env                  []string
		Index                int
	}
	Limits     Limits
	Phase      string
	Iterations uint64
	Samples    uint32
}

// told is one line of what it says.
type told struct {
	WallNs int64  `json:"wall_ns,omitempty"` // of a sample
	AtNs   int64  `json:"at_ns,omitempty"`   // when it arrived, since the visit began
	Done   bool   `json:"done,omitempty"`
	Error  string `json:"error,omitempty"`
}

// Host is the whole of a process that is a host for one visit: it reads which one
// from in and tells of its samples, a line of JSON each.
func Host(ctx context.Context, in io.Reader, out io.Writer) error {
	var h hosted
	if err := json.NewDecoder(in).Decode(&h); err != nil {
		return err
	}
	enc := json.NewEncoder(out)
	if err := h.run(ctx, enc); err != nil {
		return enc.Encode(told{Error: err.Error()})
	}
	return enc.Encode(told{Done: true})
}

func (h *hosted) run(ctx context.Context, enc *json.Encoder) error {
	s, err := newSubject(ctx, Options{
		Path: h.Options.Path, Config: h.Options.Config, Device: h.Options.Device, Env: h.Options.Env, Index: h.Options.Index, Limits: h.Limits, once: true,
	})
	if err != nil {
		return err
	}
	defer s.close()
	p, err := s.process(ctx)
	if err != nil {
		return err
	}
	began, failed := time.Now(), error(nil)
	_, err = p.Measure(ctx, &pluginv1.Start{
		Handle: firstHandle, Phase: h.Phase, Iterations: h.Iterations, Samples: h.Samples, SampleNs: sampleTime.Nanoseconds(), HeartbeatNs: s.o.Limits.Silence.Nanoseconds(),
	}, process.MeasureHandler{
		OnSample: func(m *pluginv1.Sample) (bool, error) {
			failed = errors.Join(failed, enc.Encode(told{WallNs: m.GetWallNs(), AtNs: time.Since(began).Nanoseconds()}))
			return false, failed
		},
	})
	return err
}

// stoppedHost stops such a host in the middle of its visit.
func stoppedHost(ctx context.Context, s *subject) outcome {
	const id = "stopped-host"
	if len(s.o.Host) == 0 {
		return skip("there is no program that can be the host")
	}
	phase, err := s.firstPhase(ctx)
	if err != nil {
		return s.judge(id, err)
	}
	each := s.expected(visit{phase: phase, iterations: s.iterations(phase, sampleTime)})
	if each > time.Second {
		return skip("a sample takes %s: too long to take many", short(each))
	}
	h := hosted{Limits: s.o.Limits, Phase: phase, Iterations: s.iterations(phase, sampleTime), Samples: uint32(max(10, 2*time.Second/each))}
	h.Options.Path, h.Options.Config, h.Options.Device = s.o.Path, s.o.Config, s.o.Device
	h.Options.Env, h.Options.Index = s.o.Env, s.o.Index
	s.close() // its process would stand beside the host's
	lines, err := s.runStopped(ctx, h)
	if err != nil {
		return broken("%v", err)
	}
	return s.likeBefore(lines, h)
}

// runStopped runs the host, stops it when it tells of its second sample, and lets
// it go on.
func (s *subject) runStopped(ctx context.Context, h hosted) (lines []told, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.o.Limits.Prepare+s.o.Limits.Stopped+5*s.o.Limits.Silence)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.o.Host[0], s.o.Host[1:]...)
	in, errIn := cmd.StdinPipe()
	out, errOut := cmd.StdoutPipe()
	if err := errors.Join(errIn, errOut); err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("the host: %w", err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	if err := errors.Join(json.NewEncoder(in).Encode(h), in.Close()); err != nil {
		return nil, fmt.Errorf("the host: %w", err)
	}
	for scan := bufio.NewScanner(out); scan.Scan(); {
		var line told
		if err := json.Unmarshal(scan.Bytes(), &line); err != nil {
			return nil, fmt.Errorf("the host said %q", clean(scan.Text()))
		}
		switch {
		case line.Error != "":
			return nil, errors.New(line.Error)
		case line.Done:
			return lines, nil
		}
		if lines = append(lines, line); len(lines) == 2 {
			_ = cmd.Process.Signal(syscall.SIGSTOP)
			select {
			case <-time.After(s.o.Limits.Stopped):
			case <-ctx.Done():
			}
			_ = cmd.Process.Signal(syscall.SIGCONT)
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("the host did not come to an end: %w", err)
	}
	return nil, errors.New("the host ended without a word")
}

// likeBefore holds the samples around the stop against the others.
func (s *subject) likeBefore(lines []told, h hosted) outcome {
	if len(lines) != int(h.Samples) {
		return broken("%d samples came, asked were %d", len(lines), h.Samples)
	}
	var walls []int64
	stopped := false
	for i, l := range lines {
		walls = append(walls, l.WallNs)
		stopped = stopped || i > 0 && l.AtNs-lines[i-1].AtNs > s.o.Limits.Stopped.Nanoseconds()/2
	}
	if !stopped {
		return skip("the visit was over before its host was stopped")
	}
	slices.Sort(walls)
	usual, longest := walls[len(walls)/2], walls[len(walls)-1]
	if longest > s.o.Limits.Stopped.Nanoseconds()/2 && longest > 10*usual {
		return broken("the host was stopped for %s, and a sample says that it took %s; the others took %s",
			short(s.o.Limits.Stopped), short(time.Duration(longest)), short(time.Duration(usual)))
	}
	return kept("stopped for %s, it got %d samples, none longer than %s", short(s.o.Limits.Stopped), len(lines), short(time.Duration(longest)))
}
