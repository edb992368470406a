// Package acks is the list that a plugin keeps of the samples which the host
// acknowledged, for tests that hold journals and documents against it. The list
// is a file that $ASSAY_ACKS names, one line a sample, written by the plugin
// alone.
package acks

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"google.golang.org/grpc"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/record"
)

// Env names the file of the list. Empty: none is kept.
const Env = "ASSAY_ACKS"

// line identifies a sample. Its number is left out: a visit that went on after
// its session had ended is numbered through by the host.
func line(phase string, iterations uint64, wall, device, encode int64) string {
	return fmt.Sprintf("%s %d %d %d %d", phase, iterations, wall, device, encode)
}

// Of is the line of a sample that the host keeps.
func Of(phase string, s record.Sample) string {
	return line(phase, s.Iterations, s.WallNs, s.DeviceNs, s.EncodeNs)
}

// Read counts the samples of a list that the host is to have kept: those of visits,
// not of warm-ups and of the trials that follow some. Without a file nothing was
// acknowledged.
func Read(path string) (map[string]int, error) {
	out := map[string]int{}
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return out, nil
	}
	calls := map[string][]*call{} // by process
	for l := range strings.Lines(string(b)) {
		pid, rest, _ := strings.Cut(strings.TrimSpace(l), " ")
		made := calls[pid]
		if began, ok := strings.CutPrefix(rest, startMark); ok {
			c := &call{}
			if _, err := fmt.Sscanf(began, startFormat, &c.samples, &c.iterations, &c.handle); err != nil {
				return nil, fmt.Errorf("%s: line %q: %w", path, l, err)
			}
			calls[pid] = append(made, c)
		} else if len(made) > 0 {
			last := made[len(made)-1]
			last.acked = append(last.acked, rest)
		}
	}
	for _, made := range calls {
		for i, c := range made {
			if c.samples == 0 || isTrial(made, i) {
				continue
			}
			for _, l := range c.acked {
				out[l]++
			}
		}
	}
	return out, err
}

// call is one call of Measure, as the list has it.
type call struct {
	samples    uint32
	iterations uint64
	handle     string
	acked      []string
}

const (
	startMark   = "start "
	startFormat = "%d %d %q"
)

// isTrial recognizes the trials after a warm-up: two batches, two of twice as many
// iterations, and at times one long one. A visit has more samples, unless it went on
// where its session had ended; such a one is left out where it looks like a trial.
func isTrial(made []*call, i int) bool {
	after := func(k, n int) bool { return k >= n && made[k-n].handle == made[i].handle }
	once := func(k int) bool { return made[k].samples == 2 && after(k, 1) && made[k-1].samples == 0 }
	twice := func(k int) bool {
		return made[k].samples == 2 && after(k, 1) && once(k-1) && made[k].iterations == 2*made[k-1].iterations
	}
	switch made[i].samples {
	case 1:
		return after(i, 1) && i > 0 && twice(i-1)
	case 2:
		return twice(i) || once(i) && (i+1 == len(made) || twice(i+1))
	}
	return false
}

// Stream is the plugin's side of one visit.
type Stream = grpc.BidiStreamingServer[pluginv1.MeasureRequest, pluginv1.MeasureResponse]

// Noted writes down the calls of Measure, and what is acknowledged in each.
func Noted(s Stream) Stream { return &noted{BidiStreamingServer: s} }

type noted struct {
	grpc.BidiStreamingServer[pluginv1.MeasureRequest, pluginv1.MeasureResponse]
	start *pluginv1.Start
	last  *pluginv1.Sample
}

func (n *noted) Send(m *pluginv1.MeasureResponse) error {
	if s := m.GetSample(); s != nil {
		n.last = s
	}
	return n.BidiStreamingServer.Send(m)
}

func (n *noted) Recv() (*pluginv1.MeasureRequest, error) {
	m, err := n.BidiStreamingServer.Recv()
	if err != nil {
		return m, err
	}
	if s := m.GetStart(); s != nil {
		n.start = s
		return m, write(startMark + fmt.Sprintf(startFormat, s.GetSamples(), s.GetIterations(), s.GetHandle()))
	}
	if a := m.GetAck(); a != nil && n.last != nil && a.GetSeq() == n.last.GetSeq() && n.start.GetSamples() > 0 {
		s := n.last
		err = write(line(n.start.GetPhase(), s.GetIterations(), s.GetWallNs(), s.GetDeviceNs(), s.GetEncodeNs()))
	}
	return m, err
}

// write adds a line to the list; several processes may at once.
func write(text string) error {
	path := os.Getenv(Env)
	if path == "" {
		return nil
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "%d %s\n", os.Getpid(), text)
	return errors.Join(err, f.Close())
}
