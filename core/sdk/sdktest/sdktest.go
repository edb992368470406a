// Package sdktest runs a plugin in the test's own process, over a real gRPC
// connection in memory: what a plugin author's tests call.
//
// The main path: Run takes a configuration through validation, preparation,
// one visit of each phase and release, fails the test where a host would give
// up, and returns what the host would have seen.
package sdktest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"github.com/assay-bench/assay/core/internal/serving"
	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/schema"
	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/core/sdk/wire"
)

// Result is what a host sees of one configuration.
type Result struct {
	Prepared *pluginv1.Prepared
	Samples  map[string][]*pluginv1.Sample // by phase
	Checks   []*pluginv1.Check             // before and after timing
	Metrics  map[string]float64            // of preparation and of release
}

// Samples of one visit that Run takes.
const visitSamples = 3

// Run prepares configJSON, measures three short samples of every phase that it
// has and releases the configuration, on the cpu device or, for a plugin that does not
// run there, on sim. Attributes left out of configJSON
// get their defaults. The test fails on a diagnostic, on a failed check and on
// anything a host would call broken.
func Run[C any](t testing.TB, p sdk.Plugin[C], configJSON string) *Result {
	t.Helper()
	h := Start(t, p)
	h.Open(h.kind())
	prepared, found := h.Prepare("configuration", configJSON, 1)
	for _, d := range found {
		if d.GetSeverity() != pluginv1.Diagnostic_SEVERITY_WARNING {
			t.Fatalf("sdktest: prepare: %s: %s", d.GetSummary(), d.GetDetail())
		}
	}
	r := &Result{
		Prepared: prepared, Checks: prepared.GetChecks(),
		Samples: map[string][]*pluginv1.Sample{}, Metrics: map[string]float64{},
	}
	for _, phase := range h.phases(configJSON) {
		r.Samples[phase] = h.Measure("configuration", phase, visitSamples)
	}
	released := h.Release("configuration")
	r.Checks = append(r.Checks, released.GetChecks()...)
	for _, m := range []map[string]float64{prepared.GetMetrics(), released.GetMetrics()} {
		for name, value := range m {
			r.Metrics[name] = value
		}
	}
	for _, c := range r.Checks {
		if !c.GetPassed() {
			t.Errorf("sdktest: check %s failed: %g, limit %g %s", c.GetName(), c.GetValue(), c.GetLimit(), c.GetDetail())
		}
	}
	return r
}

// Host drives one plugin call by call. Its methods fail the test on a gRPC
// error, which always means a broken plugin.
type Host struct {
	Client      pluginv1.PluginClient
	Description *pluginv1.DescribeResponse

	t       testing.TB
	ctx     context.Context
	schema  *schema.Block
	digests map[string]string
}

// Start serves p in memory until the test ends.
func Start[C any](t testing.TB, p sdk.Plugin[C]) *Host {
	t.Helper()
	log := hclog.New(&hclog.LoggerOptions{Name: p.Name, Level: hclog.Debug, Output: writer{t}})
	server, err := sdk.NewServer(p, serving.Options{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	listener := bufconn.Listen(1 << 20)
	grpcServer := grpc.NewServer(grpc.MaxRecvMsgSize(wire.MaxMessage))
	pluginv1.RegisterPluginServer(grpcServer, server)
	go func() { _ = grpcServer.Serve(listener) }()
	conn, err := grpc.NewClient("passthrough:///plugin", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = conn.Close()
		grpcServer.Stop()
		server.Shutdown()
	})
	h := &Host{Client: pluginv1.NewPluginClient(conn), t: t, ctx: t.Context(), digests: map[string]string{}}
	h.Description, err = h.Client.Describe(h.ctx, &pluginv1.DescribeRequest{})
	h.must("describe", err)
	h.schema, err = compile(h.Description)
	h.must("schema", err)
	return h
}

// kind is the device that Run opens.
func (h *Host) kind() string {
	able := h.Description.GetDevices()
	for _, kind := range []string{"cpu", "sim"} {
		if len(able) == 0 || slices.Contains(able, kind) {
			return kind
		}
	}
	h.t.Fatalf("sdktest: %s runs on %s alone: use Start and open one of them", h.Description.GetName(), strings.Join(able, ", "))
	return ""
}

func (h *Host) must(what string, err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatalf("sdktest: %s: %v", what, err)
	}
}

// Validate returns what the plugin finds in a configuration that the schema allows.
func (h *Host) Validate(configJSON string) []*pluginv1.Diagnostic {
	h.t.Helper()
	return h.Declared(configJSON).GetDiagnostics()
}

// Declared is all that the plugin says of a configuration without a device: also
// the phases and metrics that only this configuration has.
func (h *Host) Declared(configJSON string) *pluginv1.ValidateConfigResponse {
	h.t.Helper()
	r, err := h.Client.ValidateConfig(h.ctx, &pluginv1.ValidateConfigRequest{ConfigJson: h.Canonical(configJSON)})
	h.must("validate", err)
	return r
}

// phases are those of the plugin and of the configuration.
func (h *Host) phases(configJSON string) []string {
	h.t.Helper()
	var names []string
	for _, p := range slices.Concat(h.Description.GetPhases(), h.Declared(configJSON).GetPhases()) {
		names = append(names, p.GetName())
	}
	return names
}

// Open opens a device; a diagnostic fails the test.
func (h *Host) Open(kind string) *pluginv1.Device {
	h.t.Helper()
	r, err := h.Client.OpenDevice(h.ctx, &pluginv1.OpenDeviceRequest{Kind: kind})
	h.must("open", err)
	for _, d := range r.GetDiagnostics() {
		h.t.Fatalf("sdktest: open %s: %s: %s", kind, d.GetSummary(), d.GetDetail())
	}
	return r.GetDevice()
}

// Prepare prepares a configuration; Prepared is nil when the diagnostics hold
// an error.
func (h *Host) Prepare(handle, configJSON string, seed uint64) (*pluginv1.Prepared, []*pluginv1.Diagnostic) {
	h.t.Helper()
	config := h.Canonical(configJSON)
	sum := sha256.Sum256(config)
	h.digests[handle] = "sha256:" + hex.EncodeToString(sum[:])
	req := &pluginv1.PrepareCaseRequest{
		Handle: handle, ConfigJson: config, ConfigDigest: h.digests[handle], Seed: seed, Cache: "cold",
		Phases: h.phases(configJSON),
	}
	stream, err := h.Client.PrepareCase(h.ctx, req)
	h.must("prepare", err)
	var prepared *pluginv1.Prepared
	var found []*pluginv1.Diagnostic
	for {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return prepared, found
		}
		h.must("prepare", err)
		if p := m.GetPrepared(); p != nil {
			prepared = p
		}
		if d := m.GetDiagnostic(); d != nil {
			found = append(found, d)
		}
	}
}

// Measure takes n samples of about a millisecond, each acknowledged.
func (h *Host) Measure(handle, phase string, n int) []*pluginv1.Sample {
	h.t.Helper()
	stream, err := h.Client.Measure(h.ctx)
	h.must("measure", err)
	h.must("measure", stream.Send(&pluginv1.MeasureRequest{Message: &pluginv1.MeasureRequest_Start{Start: &pluginv1.Start{
		Handle: handle, Phase: phase, Samples: uint32(n), SampleNs: time.Millisecond.Nanoseconds(),
	}}}))
	var samples []*pluginv1.Sample
	for {
		m, err := stream.Recv()
		h.must("measure "+phase, err)
		seq := m.GetIntent().GetSeq()
		if s := m.GetSample(); s != nil {
			seq = s.GetSeq()
			samples = append(samples, s)
			if s.GetConfigDigest() != h.digests[handle] {
				h.t.Fatalf("sdktest: measure %s: sample %d is of another configuration", phase, seq)
			}
		}
		if m.GetDone() != nil {
			return samples
		}
		if seq > 0 {
			h.must("measure", stream.Send(&pluginv1.MeasureRequest{Message: &pluginv1.MeasureRequest_Ack{Ack: &pluginv1.Ack{Seq: seq}}}))
		}
	}
}

// Release checks after timing and frees the configuration.
func (h *Host) Release(handle string) *pluginv1.ReleaseCaseResponse {
	h.t.Helper()
	r, err := h.Client.ReleaseCase(h.ctx, &pluginv1.ReleaseCaseRequest{Handle: handle})
	h.must("release", err)
	return r
}

// Propose asks what to compare next.
func (h *Host) Propose(req *pluginv1.ProposeRequest) *pluginv1.ProposeResponse {
	h.t.Helper()
	r, err := h.Client.Propose(h.ctx, req)
	h.must("propose", err)
	return r
}

// writer sends the plugin's log to the test's.
type writer struct{ t testing.TB }

func (w writer) Write(p []byte) (int, error) {
	w.t.Helper()
	w.t.Logf("%s", p)
	return len(p), nil
}
