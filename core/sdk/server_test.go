package sdk_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/assay-bench/assay/core/internal/fakedevice"
	"github.com/assay-bench/assay/core/internal/serving"
	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/core/sdk/sdktest"
	"github.com/assay-bench/assay/metal"
)

type config struct {
	N    int    `assay:"n" default:"1"`
	Fail string `assay:"fail" default:""`
}

// spin keeps the processor busy for an iteration's time, and says that it took
// just that.
func spin(iteration time.Duration) func(context.Context, int) (sdk.Times, error) {
	return func(_ context.Context, n int) (sdk.Times, error) {
		t := time.Duration(n) * iteration
		for begin := time.Now(); time.Since(begin) < t; {
		}
		return sdk.Times{Wall: t, Device: t / 2, Encode: t / 4}, nil
	}
}

func prepareFake(c config, closed *int) *sdk.Prepared {
	batches := 0
	run := func(ctx context.Context, n int) (sdk.Times, error) {
		batches++
		switch c.Fail {
		case "run":
			return sdk.Times{}, fmt.Errorf("kernel 7: %w", metal.ErrFault)
		case "zero":
			return sdk.Times{}, nil
		}
		return spin(50*time.Microsecond)(ctx, n)
	}
	timed := sdk.Timed{Units: 1, Bytes: 64, OwnTimes: run, Partial: true}
	return &sdk.Prepared{
		Checks: []sdk.Check{sdk.Below("rel_err", 1e-4, 1e-3)}, Metrics: map[string]float64{"n": float64(c.N)},
		Facts: map[string]string{"model": "tiny"}, Phases: map[string]sdk.Timed{"decode": timed, "prefill": timed},
		Warnings:      []sdk.Diagnostic{{Path: "n", Summary: "small"}},
		SampleMetrics: func() map[string]float64 { return map[string]float64{"batches": float64(batches)} },
		Check: func(context.Context) ([]sdk.Check, map[string]float64, error) {
			return []sdk.Check{{Name: "tokens", Passed: true, Fidelity: true}}, map[string]float64{"after": 1}, nil
		},
	}
}

// testPlugin counts released configurations in closed. It runs on a fake device.
func testPlugin(closed *int) sdk.Plugin[config] {
	return sdk.Plugin[config]{
		Name: "fake", Version: "1.2.3", Devices: []string{"cuda", "cpu"}, OpenDevice: fakedevice.Open,
		Phases:  []sdk.Phase{{Name: "decode"}, {Name: "prefill"}},
		Metrics: []sdk.Metric{{Name: "n"}, {Name: "batches"}, {Name: "after"}},
		Validate: func(c config) []sdk.Diagnostic {
			if c.N > 100 {
				return []sdk.Diagnostic{{Path: "n", Summary: "too many", Detail: "at most 100", Code: "n_max"}}
			}
			return nil
		},
		Bytes: func(c config) int64 { return int64(c.N) * 8 },
		Prepare: func(_ context.Context, req sdk.Request[config]) (*sdk.Prepared, error) {
			req.Cleanup(func() { *closed++ })
			req.Progress("upload", 2)
			switch req.Config.Fail {
			case "user":
				return nil, errors.Join(sdk.Diagnostic{Path: "n", Summary: "one"}, fmt.Errorf("load: %w", &sdk.Diagnostic{Summary: "two"}))
			case "memory":
				return nil, fmt.Errorf("weights: %w", metal.ErrOutOfMemory)
			case "compile":
				return nil, fmt.Errorf("a.metal:3: %w", metal.ErrCompile)
			case "broken":
				return nil, errors.New("index out of range")
			}
			return prepareFake(req.Config, closed), nil
		},
	}
}

func host(t *testing.T) *sdktest.Host {
	t.Helper()
	return sdktest.Start(t, testPlugin(new(int)))
}

func TestRun(t *testing.T) {
	closed := 0
	r := sdktest.Run(t, testPlugin(&closed), `{"n":3}`)
	if len(r.Samples["decode"]) != 3 || len(r.Samples["prefill"]) != 3 || len(r.Checks) != 2 || closed != 1 {
		t.Errorf("result = %+v, closed %d", r, closed)
	}
	if r.Metrics["n"] != 3 || r.Metrics["after"] != 1 {
		t.Errorf("metrics = %v", r.Metrics)
	}
	// 1 ms at 50 µs an iteration.
	s := r.Samples["decode"][0]
	if s.GetIterations() != 20 || s.GetWallNs() != 1_000_000 || s.GetDeviceNs() != 500_000 || s.GetEncodeNs() != 250_000 {
		t.Errorf("sample = %v", s)
	}
	if s.GetMetrics()["batches"] < 2 {
		t.Errorf("sample metrics = %v, want the calibration counted too", s.GetMetrics())
	}
	if p := r.Prepared; p.GetFacts()["model"] != "tiny" || p.GetPhases()["decode"].GetBytesPerIteration() != 64 || p.GetPrepareNs() <= 0 {
		t.Errorf("prepared = %v", p)
	}
}

func TestAutoTakesAKindThatThePluginRunsOn(t *testing.T) {
	if d := host(t).Open("auto"); d.GetKind() != "cpu" {
		t.Errorf("device = %v", d)
	}
}

func TestOpenAdvice(t *testing.T) {
	for kind, want := range map[string]string{"apple": "device_unsupported", "cuda": "device_unavailable"} {
		r, err := host(t).Client.OpenDevice(t.Context(), &pluginv1.OpenDeviceRequest{Kind: kind})
		if err != nil {
			t.Fatal(err)
		}
		if r.GetDevice() != nil || len(r.GetDiagnostics()) != 1 || r.GetDiagnostics()[0].GetCode() != want {
			t.Errorf("%s: %v, want %s", kind, r, want)
		}
	}
}

func TestValidate(t *testing.T) {
	h := host(t)
	r, err := h.Client.ValidateConfig(t.Context(), &pluginv1.ValidateConfigRequest{ConfigJson: h.Canonical(`{"n":5}`)})
	if err != nil || len(r.GetDiagnostics()) != 0 || r.GetDeviceBytes() != 40 {
		t.Errorf("response = %v, %v", r, err)
	}
	if d := h.Validate(`{"n":101}`); len(d) != 1 || d[0].GetCode() != "n_max" || d[0].GetPath()[0].GetName() != "n" {
		t.Errorf("diagnostics = %v", d)
	}
}

func TestPrepareAdvice(t *testing.T) {
	tests := map[string]string{"user": "one,two", "memory": "out of device memory", "compile": "kernel cannot be built for this device"}
	for fail, want := range tests {
		h := host(t)
		h.Open("cpu")
		p, found := h.Prepare("a", `{"fail":"`+fail+`"}`, 1)
		var got []string
		for _, d := range found {
			got = append(got, d.GetSummary())
		}
		if p != nil || strings.Join(got, ",") != want {
			t.Errorf("%s: prepared %v, diagnostics %v", fail, p, found)
		}
	}
}

func TestBrokenPluginIsAStatus(t *testing.T) {
	h := host(t)
	h.Open("cpu")
	prepare := func(config string) error {
		stream, err := h.Client.PrepareCase(t.Context(), &pluginv1.PrepareCaseRequest{
			Handle: "b", ConfigJson: h.Canonical(config), ConfigDigest: digest(string(h.Canonical(config))),
		})
		if err == nil {
			for err == nil {
				_, err = stream.Recv()
			}
		}
		return err
	}
	if err := prepare(`{"fail":"broken"}`); status.Code(err) != codes.Internal || !strings.Contains(err.Error(), "index out of range") {
		t.Errorf("err = %v", err)
	}
	for _, fail := range []string{"run", "zero"} {
		h.Prepare(fail, `{"fail":"`+fail+`"}`, 1)
		err := measure(t, h, &pluginv1.Start{Handle: fail, Phase: "decode", Iterations: 1}, 1)
		want := map[string]string{"run": "device_fault: decode, 1 iterations: kernel 7: kernel fault", "zero": "wall time of 0s"}[fail]
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("err = %v, want %q", err, want)
		}
	}
}

func TestProtocolFaultsOfTheHost(t *testing.T) {
	h := host(t)
	stream, err := h.Client.PrepareCase(t.Context(), &pluginv1.PrepareCaseRequest{Handle: "a", ConfigJson: []byte(`{}`), ConfigDigest: digest(`{}`)})
	if err == nil {
		_, err = stream.Recv()
	}
	if status.Code(err) != codes.FailedPrecondition {
		t.Errorf("prepare before open: %v", err)
	}
	h.Open("cpu")
	stream, err = h.Client.PrepareCase(t.Context(), &pluginv1.PrepareCaseRequest{Handle: "a", ConfigJson: []byte(`{}`), ConfigDigest: "sha256:00"})
	if err == nil {
		_, err = stream.Recv()
	}
	if status.Code(err) != codes.InvalidArgument {
		t.Errorf("wrong digest: %v", err)
	}
	h.Prepare("a", `{}`, 1)
	if err := measure(t, h, &pluginv1.Start{Handle: "zzz", Phase: "decode"}, 1); status.Code(err) != codes.NotFound {
		t.Errorf("unknown handle: %v", err)
	}
	if err := measure(t, h, &pluginv1.Start{Handle: "a", Phase: "nap"}, 1); status.Code(err) != codes.InvalidArgument {
		t.Errorf("unknown phase: %v", err)
	}
	if err := measure(t, h, &pluginv1.Start{Handle: "a", Phase: "decode", Iterations: 1}, 99); status.Code(err) != codes.InvalidArgument {
		t.Errorf("wrong ack: %v", err)
	}
}

func TestBadPlugins(t *testing.T) {
	tests := map[string]func(*sdk.Plugin[config]){
		"name":     func(p *sdk.Plugin[config]) { p.Name = "A b" },
		"version":  func(p *sdk.Plugin[config]) { p.Version = "new" },
		"no phase": func(p *sdk.Plugin[config]) { p.Phases = nil },
		"Prepare":  func(p *sdk.Plugin[config]) { p.Prepare = nil },
	}
	for want, spoil := range tests {
		p := testPlugin(new(int))
		spoil(&p)
		if _, err := sdk.NewServer(p, serving.Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("err = %v, want %q", err, want)
		}
	}
}
