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

// Read counts the lines of a list. Without a file nothing was acknowledged.
func Read(path string) (map[string]int, error) {
	out := map[string]int{}
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return out, nil
	}
	for l := range strings.Lines(string(b)) {
		out[strings.TrimSpace(l)]++
	}
	return out, err
}

// Stream is the plugin's side of one visit.
type Stream = grpc.BidiStreamingServer[pluginv1.MeasureRequest, pluginv1.MeasureResponse]

// Noted writes down what is acknowledged on a stream. Warm-ups, which ask for no
// number of samples, are left out: the host does not keep theirs either.
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
	}
	if a := m.GetAck(); a != nil && n.last != nil && a.GetSeq() == n.last.GetSeq() && n.start.GetSamples() > 0 {
		err = n.write()
	}
	return m, err
}

func (n *noted) write() error {
	path := os.Getenv(Env)
	if path == "" {
		return nil
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	s := n.last
	_, err = fmt.Fprintln(f, line(n.start.GetPhase(), s.GetIterations(), s.GetWallNs(), s.GetDeviceNs(), s.GetEncodeNs()))
	return errors.Join(err, f.Close())
}
