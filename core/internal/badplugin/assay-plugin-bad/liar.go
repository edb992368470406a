package main

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/assay-bench/assay/core/internal/serving"
	"github.com/assay-bench/assay/core/proto/pluginv1"
)

// liar wraps a correct server and breaks the protocol.
type liar struct {
	serving.Server
	early, phase string

	modes sync.Map // by handle: the mode and seed of what was prepared
}

func (l *liar) Describe(ctx context.Context, req *pluginv1.DescribeRequest) (*pluginv1.DescribeResponse, error) {
	d, err := l.Server.Describe(ctx, req)
	if l.phase != "describe" || err != nil {
		return d, err
	}
	switch l.early {
	case "bad-schema":
		d.Config.Attributes[0].Type = "lisst(number)"
	case "other-description":
		d.Markdown = otherwise()
	case "huge":
		d.Markdown = strings.Repeat("x", 64<<20)
	default:
		if err := misbehave(l.early); err != nil {
			return nil, status.Error(codes.Internal, err.Error())
		}
	}
	return d, nil
}

// asked is what a prepared configuration was asked for.
type asked struct {
	Mode string `json:"mode"`
	seed uint64
}

type preparing = grpc.ServerStreamingServer[pluginv1.PrepareCaseResponse]

func (l *liar) PrepareCase(req *pluginv1.PrepareCaseRequest, stream preparing) error {
	a := asked{seed: req.GetSeed()}
	if err := json.Unmarshal(req.GetConfigJson(), &a); err != nil {
		return status.Error(codes.InvalidArgument, err.Error())
	}
	l.modes.Store(req.GetHandle(), a)
	return l.Server.PrepareCase(req, &prepareStream{stream, a.Mode, a.seed})
}

func (l *liar) asked(handle string) asked {
	a, _ := l.modes.Load(handle)
	out, _ := a.(asked)
	return out
}

func (l *liar) ReleaseCase(ctx context.Context, req *pluginv1.ReleaseCaseRequest) (*pluginv1.ReleaseCaseResponse, error) {
	out, err := l.Server.ReleaseCase(ctx, req)
	a := l.asked(req.GetHandle())
	wrongChecks(a.Mode, a.seed, out.GetChecks())
	return out, err
}

func (l *liar) OpenDevice(ctx context.Context, req *pluginv1.OpenDeviceRequest) (*pluginv1.OpenDeviceResponse, error) {
	out, err := l.Server.OpenDevice(ctx, req)
	if l.phase == "open" && l.early == "other-device" && out.GetDevice() != nil {
		out.Device.Name = otherwise()
	}
	return out, err
}

// Propose asks for what cannot be measured, where a variant says so, and then
// tells what it heard of that.
func (l *liar) Propose(ctx context.Context, req *pluginv1.ProposeRequest) (*pluginv1.ProposeResponse, error) {
	results := req.GetResults()
	if len(results) == 0 {
		return l.Server.Propose(ctx, req)
	}
	last := results[len(results)-1]
	config := string(last.GetConfigJson())
	switch {
	case strings.Contains(config, `"mode":"bad-proposal"`):
		return &pluginv1.ProposeResponse{Proposals: []*pluginv1.Proposal{{Name: "none", ConfigJson: []byte("{")}}}, nil
	case strings.Contains(config, `"mode":"deadly-proposal"`):
		deadly := strings.Replace(config, "deadly-proposal", "exit3", 1)
		return &pluginv1.ProposeResponse{Proposals: []*pluginv1.Proposal{{Name: "deadly", ConfigJson: []byte(deadly)}}}, nil
	case last.GetName() == "deadly":
		return &pluginv1.ProposeResponse{Findings: []*pluginv1.Finding{{Kind: "culprit", Summary: last.GetFailure()}}}, nil
	}
	return l.Server.Propose(ctx, req)
}

func (l *liar) Measure(stream grpc.BidiStreamingServer[pluginv1.MeasureRequest, pluginv1.MeasureResponse]) error {
	return l.Server.Measure(&lyingStream{BidiStreamingServer: stream, liar: l})
}

type lyingStream struct {
	grpc.BidiStreamingServer[pluginv1.MeasureRequest, pluginv1.MeasureResponse]
	liar *liar
	mode string
}

func (s *lyingStream) Recv() (*pluginv1.MeasureRequest, error) {
	m, err := s.BidiStreamingServer.Recv()
	if start := m.GetStart(); start != nil {
		s.mode = s.liar.asked(start.GetHandle()).Mode
	}
	return m, err
}

func (s *lyingStream) Send(m *pluginv1.MeasureResponse) error {
	sample := m.GetSample()
	if lie := numbers[s.mode]; lie != nil && sample != nil {
		lie(sample)
	}
	if sample.GetSeq() == 4 {
		switch s.mode {
		case "lie-seq":
			sample.Seq++
		case "wrong-digest":
			sample.ConfigDigest = "sha256:0000"
		case "early-done":
			m = &pluginv1.MeasureResponse{Event: &pluginv1.MeasureResponse_Done{Done: &pluginv1.Done{Reason: "samples"}}}
		case "beats":
			return s.beat()
		case "diagnostics":
			for range 10_000 {
				if err := s.BidiStreamingServer.Send(&pluginv1.MeasureResponse{Event: &pluginv1.MeasureResponse_Diagnostic{Diagnostic: &pluginv1.Diagnostic{
					Severity: pluginv1.Diagnostic_SEVERITY_WARNING, Summary: "planted",
				}}}); err != nil {
					return err
				}
			}
		case "huge":
			sample.Metrics = map[string]float64{strings.Repeat("x", 64<<20): 1}
		case "no-wait":
			next := &pluginv1.Sample{
				Seq: sample.GetSeq() + 1, ConfigDigest: sample.GetConfigDigest(),
				Iterations: sample.GetIterations(), WallNs: sample.GetWallNs(),
			}
			if err := s.BidiStreamingServer.Send(m); err != nil {
				return err
			}
			m = &pluginv1.MeasureResponse{Event: &pluginv1.MeasureResponse_Sample{Sample: next}}
		}
	}
	if m.GetDone() != nil && s.mode == "no-done" {
		return nil
	}
	if m.GetDone() != nil && s.mode == "no-end" {
		return s.beat()
	}
	return s.BidiStreamingServer.Send(m)
}

// beat says for ever that something is going on.
func (s *lyingStream) beat() error {
	for {
		err := s.BidiStreamingServer.Send(&pluginv1.MeasureResponse{Event: &pluginv1.MeasureResponse_Heartbeat{Heartbeat: &pluginv1.Heartbeat{Doing: "nothing"}}})
		if err != nil {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
}
