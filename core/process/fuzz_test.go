package process

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protodelim"

	"github.com/assay-bench/assay/core/proto/pluginv1"
)

// heard is the host's end of a stream on which nobody answers.
type heard struct {
	grpc.BidiStreamingClient[pluginv1.MeasureRequest, pluginv1.MeasureResponse]
	acks []uint64
	stop bool
}

func (h *heard) Send(m *pluginv1.MeasureRequest) error {
	if a := m.GetAck(); a != nil {
		h.acks = append(h.acks, a.GetSeq())
	}
	h.stop = h.stop || m.GetStop() != nil
	return nil
}

// FuzzVisit: whatever messages a plugin sends, those that it is told were kept are
// numbered through, and a sample is kept only if it is of the configuration and the
// iterations that were asked for, and has possible times.
func FuzzVisit(f *testing.F) {
	const digest = "sha256:of the configuration"
	sample := func(seq uint64) *pluginv1.MeasureResponse {
		return &pluginv1.MeasureResponse{Event: &pluginv1.MeasureResponse_Sample{Sample: &pluginv1.Sample{Seq: seq, ConfigDigest: digest, Iterations: 4, WallNs: 100, DeviceNs: 90}}}
	}
	intent := &pluginv1.MeasureResponse{Event: &pluginv1.MeasureResponse_Intent{Intent: &pluginv1.Intent{Seq: 1, What: "launch"}}}
	done := &pluginv1.MeasureResponse{Event: &pluginv1.MeasureResponse_Done{Done: &pluginv1.Done{Reason: "samples"}}}
	beat := &pluginv1.MeasureResponse{Event: &pluginv1.MeasureResponse_Heartbeat{Heartbeat: &pluginv1.Heartbeat{Doing: "x"}}}
	for _, all := range [][]*pluginv1.MeasureResponse{
		{intent, sample(2), beat, sample(3), done}, {sample(1), sample(2), done}, {sample(2)}, {done}, {intent, intent}, {{}}, {sample(1), sample(2), sample(3)},
	} {
		var b bytes.Buffer
		for _, m := range all {
			if _, err := protodelim.MarshalTo(&b, m); err != nil {
				f.Fatal(err)
			}
		}
		f.Add(b.Bytes(), uint32(2), uint64(4), false)
		f.Add(b.Bytes(), uint32(0), uint64(0), true)
	}
	f.Fuzz(func(t *testing.T, raw []byte, samples uint32, iterations uint64, enough bool) {
		s := &heard{}
		v := &visit{p: &Process{digests: map[string]string{}}, stream: s, digest: digest, start: &pluginv1.Start{Samples: samples, Iterations: iterations, HeartbeatNs: time.Second.Nanoseconds()}}
		v.h.OnSample = func(x *pluginv1.Sample) (bool, error) {
			if x.GetConfigDigest() != digest || x.GetWallNs() <= 0 || x.GetIterations() == 0 || iterations != 0 && x.GetIterations() != iterations {
				t.Fatalf("kept: %v", x)
			}
			return enough, nil
		}
		from := bytes.NewReader(raw)
		for range 64 {
			m := &pluginv1.MeasureResponse{}
			if protodelim.UnmarshalFrom(from, m) != nil {
				break
			}
			if d, err := v.event(event{m: m, acked: v.acked.Load()}); d != nil || err != nil {
				break
			}
		}
		for i, seq := range s.acks {
			if seq != uint64(i+1) {
				t.Fatalf("acknowledged %v", s.acks)
			}
		}
		if samples != 0 && v.samples > samples+1 {
			t.Fatalf("%d samples of %d", v.samples, samples)
		}
	})
}

// FuzzHandshake: whatever a plugin prints first, its connection is refused unless it
// is a unix socket, which is the host's own where nothing is encrypted.
func FuzzHandshake(f *testing.F) {
	for _, line := range []string{
		"1|1|unix|/run/x/plugin.sock|grpc|\n", "1|1|unix|/tmp/elsewhere.sock|grpc|\n", "1|1|unix|/run/x/../y.sock|grpc|\n", "1|1|unix|/run//x/link/../s|grpc|\n", "1|1|unix|/tmp/s|grpc|MIIB\n",
		"1|1|tcp|127.0.0.1:80|grpc|\n", "|||||", "\n\n", "loading\n1|1|unix|/run/x/s|grpc|", "1|1|unix\n", "\x1b[2J|\xff|unix|/run/x\x00/s|grpc|",
	} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, printed []byte) {
		c := newChild(&Options{Path: "/plugins/assay-plugin-x", Env: []string{}}, &output{log: hclog.NewNullLogger()}, nil)
		close(c.ended) // one that says nothing is not waited for
		open := false
		c.socketDir, c.withoutTLS = "/run/x", func() { open = true }
		first := make(chan []byte)
		go func() {
			b, _ := io.ReadAll(c.handshake)
			first <- b
		}()
		c.readStdout(bytes.NewReader(printed))
		line := string(<-first)
		if strings.Count(line, "\n") > 1 || !strings.HasPrefix(string(printed), line) {
			t.Fatalf("go-plugin is given %q of %q", line, printed)
		}
		fields := strings.Split(strings.TrimSpace(line), "|") // as go-plugin does
		if len(fields) < 5 {
			return
		}
		network, address, err := c.PluginToHost(fields[2], fields[3])
		switch {
		case err != nil:
		case network != "unix":
			t.Fatalf("%s %s was accepted", network, address)
		case (len(fields) < 6 || fields[5] == "") != open:
			t.Fatalf("a certificate: %q; spoken to in the clear: %v", fields[5:], open)
		case open && !strings.HasPrefix(address, "/run/x/"):
			t.Fatalf("%s was accepted without a certificate", address)
		}
	})
}
