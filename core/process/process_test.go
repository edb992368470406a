package process_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/assay-bench/assay/core/internal/badplugin"
	"github.com/assay-bench/assay/core/process"
	"github.com/assay-bench/assay/core/proto/pluginv1"
)

var badPath string

func TestMain(m *testing.M) {
	if os.Getenv(hostEnv) != "" {
		os.Exit(m.Run())
	}
	if flag.Parse(); flag.Lookup("test.fuzzworker").Value.String() == "true" {
		os.Exit(m.Run()) // fuzz targets start no plugin
	}
	dir, err := os.MkdirTemp("", "assay-process-test")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if badPath, err = badplugin.Build(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// logBuffer collects what the host would show.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func start(t testing.TB, early string) (*process.Process, *logBuffer) {
	t.Helper()
	p, logs, err := tryStart(t, early, process.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return p, logs
}

func tryStart(t testing.TB, early string, opts process.Options) (*process.Process, *logBuffer, error) {
	t.Helper()
	logs := &logBuffer{}
	opts.Path = badPath
	opts.Logger = hclog.New(&hclog.LoggerOptions{Output: logs, Level: hclog.Debug})
	opts.Env = append(process.AllowedEnv(os.Environ()), badplugin.Env+"="+early)
	p, err := process.Start(t.Context(), opts)
	if err == nil {
		t.Cleanup(p.Kill)
	}
	return p, logs, err
}

// canonical has every argument of the bad plugin, as a host sends them.
func canonical(config map[string]any) map[string]any {
	out := map[string]any{
		"mode": "none", "at": "measure", "sample": 2, "phase": "", "iteration_ns": 100_000, "noise": 0.1, "slow": 1.05, "tag": "",
	}
	maps.Copy(out, config)
	return out
}

// request prepares the bad plugin with a configuration.
func request(t testing.TB, handle string, config map[string]any) *pluginv1.PrepareCaseRequest {
	t.Helper()
	data, err := json.Marshal(canonical(config))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	return &pluginv1.PrepareCaseRequest{
		Handle: handle, ConfigJson: data, ConfigDigest: "sha256:" + hex.EncodeToString(sum[:]),
		Seed: 1, Cache: "cold", Phases: []string{"decode"},
	}
}

// visit prepares one configuration and measures n samples; samples are what
// was delivered. A plugin silent for longer than silence hangs.
func visit(ctx context.Context, t testing.TB, p *process.Process, config map[string]any, n uint32, silence time.Duration) (samples []*pluginv1.Sample, err error) {
	t.Helper()
	if _, err := p.OpenDevice(ctx, &pluginv1.OpenDeviceRequest{Kind: "cpu"}); err != nil {
		return nil, err
	}
	prepared, found, err := p.PrepareCase(ctx, request(t, "a", config), nil)
	if err != nil {
		return nil, err
	}
	if prepared == nil {
		return nil, fmt.Errorf("not prepared: %v", found)
	}
	_, err = p.Measure(ctx, &pluginv1.Start{
		Handle: "a", Phase: "decode", Iterations: 10, Samples: n, HeartbeatNs: silence.Nanoseconds(),
	}, process.MeasureHandler{OnSample: func(s *pluginv1.Sample) (bool, error) {
		samples = append(samples, s)
		return false, nil
	}})
	if err != nil {
		return samples, err
	}
	_, err = p.ReleaseCase(ctx, &pluginv1.ReleaseCaseRequest{Handle: "a"})
	return samples, err
}

func TestOrderlyLife(t *testing.T) {
	p, logs := start(t, "")
	ctx := t.Context()
	d, err := p.Describe(ctx, &pluginv1.DescribeRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if d.GetName() != "bad" || len(d.GetPhases()) != 2 {
		t.Errorf("description = %v", d)
	}
	v, err := p.ValidateConfig(ctx, &pluginv1.ValidateConfigRequest{ConfigJson: request(t, "", map[string]any{"mode": "nine", "sample": 0.5}).GetConfigJson()})
	if err != nil {
		t.Fatal(err)
	}
	if len(v.GetDiagnostics()) != 1 || v.GetDiagnostics()[0].GetPath()[0].GetName() != "sample" {
		t.Errorf("diagnostics = %v", v.GetDiagnostics())
	}
	samples, err := visit(ctx, t, p, map[string]any{"mode": "none"}, 5, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if len(samples) != 5 {
		t.Errorf("samples = %d, want 5", len(samples))
	}
	for i, s := range samples {
		if want := uint64(i + 2); s.GetSeq() != want || s.GetIterations() != 10 || s.GetWallNs() < 10*100_000 {
			t.Errorf("sample %d = %v, want seq %d", i, s, want)
		}
	}
	death := p.Stop(ctx)
	if death.Died() || death.ExitCode != 0 || death.PID == 0 || death.MaxRSS == 0 || death.ReadyNS == 0 {
		t.Errorf("death = %+v", death)
	}
	if !strings.Contains(logs.String(), "[INFO]  bad: preparing: configuration=a mode=none") {
		t.Errorf("the plugin's line is missing in:\n%s", logs)
	}
	if _, err := p.Describe(ctx, &pluginv1.DescribeRequest{}); err == nil {
		t.Error("a stopped process answered")
	}
}

func TestCalibrationAndStop(t *testing.T) {
	p, _ := start(t, "")
	ctx := t.Context()
	if _, err := p.OpenDevice(ctx, &pluginv1.OpenDeviceRequest{Kind: "cpu"}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.PrepareCase(ctx, request(t, "a", map[string]any{"iteration_ns": 10_000}), nil); err != nil {
		t.Fatal(err)
	}
	var samples []*pluginv1.Sample
	done, err := p.Measure(ctx, &pluginv1.Start{Handle: "a", Phase: "prefill", SampleNs: 4_000_000}, process.MeasureHandler{
		OnSample: func(s *pluginv1.Sample) (bool, error) {
			samples = append(samples, s)
			return len(samples) == 3, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if done.GetReason() != "stopped" || len(samples) != 3 {
		t.Errorf("done = %v after %d samples", done, len(samples))
	}
	// 40 µs an iteration: about 100 in 4 ms. A loaded machine may need fewer.
	if n := samples[0].GetIterations(); n < 1 || n > 110 {
		t.Errorf("iterations = %d", n)
	}
	broken := errors.New("disk full")
	_, err = p.Measure(ctx, &pluginv1.Start{Handle: "a", Phase: "decode", Iterations: 1}, process.MeasureHandler{
		OnSample: func(*pluginv1.Sample) (bool, error) { return false, broken },
	})
	if !errors.Is(err, broken) {
		t.Errorf("err = %v, want the handler's", err)
	}
	if d := p.Death(); d.Died() || d.Acked != 1 {
		t.Errorf("after a handler's error: %+v, want alive with only the intent acked", d)
	}
}

func TestCancelledVisitEndsInOrder(t *testing.T) {
	p, _ := start(t, "")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if _, err := p.OpenDevice(ctx, &pluginv1.OpenDeviceRequest{Kind: "cpu"}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.PrepareCase(ctx, request(t, "a", map[string]any{}), nil); err != nil {
		t.Fatal(err)
	}
	_, err := p.Measure(ctx, &pluginv1.Start{Handle: "a", Phase: "decode", Iterations: 1}, process.MeasureHandler{
		OnSample: func(*pluginv1.Sample) (bool, error) { cancel(); return false, nil },
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
	// The process is still good: the next visit runs.
	if _, err := p.Measure(t.Context(), &pluginv1.Start{Handle: "a", Phase: "decode", Iterations: 1, Samples: 1}, process.MeasureHandler{
		OnSample: func(*pluginv1.Sample) (bool, error) { return false, nil },
	}); err != nil {
		t.Error(err)
	}
}

func TestALongSampleIsNoHang(t *testing.T) {
	t.Parallel()
	p, _ := start(t, "")
	ctx := t.Context()
	if _, err := p.OpenDevice(ctx, &pluginv1.OpenDeviceRequest{Kind: "cpu"}); err != nil {
		t.Fatal(err)
	}
	// One iteration of 3 s, a hang after 2 s of silence: the waiting loop's
	// heartbeats, due every half second, make the difference.
	if _, _, err := p.PrepareCase(ctx, request(t, "a", map[string]any{"iteration_ns": 3_000_000_000}), nil); err != nil {
		t.Fatal(err)
	}
	beats := 0
	_, err := p.Measure(ctx, &pluginv1.Start{
		Handle: "a", Phase: "decode", Iterations: 1, Samples: 1, HeartbeatNs: (2 * time.Second).Nanoseconds(),
	}, process.MeasureHandler{
		OnSample:    func(*pluginv1.Sample) (bool, error) { return false, nil },
		OnHeartbeat: func(*pluginv1.Heartbeat) { beats++ },
	})
	if err != nil || beats == 0 {
		t.Errorf("err = %v after %d heartbeats", err, beats)
	}
}

func TestPropose(t *testing.T) {
	p, _ := start(t, "")
	results := []*pluginv1.Result{{Name: "a", Baseline: true, ConfigJson: request(t, "", nil).GetConfigJson()}}
	r, err := p.Propose(t.Context(), &pluginv1.ProposeRequest{Results: results})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.GetProposals()) != 1 || !strings.Contains(string(r.GetProposals()[0].GetConfigJson()), `"tag":"proposed"`) {
		t.Fatalf("proposals = %v", r)
	}
	results = append(results, &pluginv1.Result{Name: "proposed", ConfigJson: r.GetProposals()[0].GetConfigJson()})
	if r, err = p.Propose(t.Context(), &pluginv1.ProposeRequest{Results: results}); err != nil {
		t.Fatal(err)
	}
	if len(r.GetFindings()) != 1 || string(r.GetFindings()[0].GetDataJson()) != `{"results":2}` {
		t.Errorf("findings = %v", r)
	}
}

func TestDigest(t *testing.T) {
	good, err := process.FileSHA256(badPath)
	if err != nil {
		t.Fatal(err)
	}
	p, _, err := tryStart(t, "", process.Options{SHA256: "sha256:" + good})
	if err != nil {
		t.Fatal(err)
	}
	p.Kill()
	_, _, err = tryStart(t, "", process.Options{SHA256: strings.Repeat("0", 64)})
	var wrong *process.DigestError
	if !errors.As(err, &wrong) || !strings.Contains(err.Error(), "run the command again") {
		t.Errorf("err = %v, want a digest error that says what to do", err)
	}
}

func BenchmarkStartToReady(b *testing.B) {
	sum, err := process.FileSHA256(badPath)
	if err != nil {
		b.Fatal(err)
	}
	var total, stopping time.Duration
	for b.Loop() {
		p, err := process.Start(b.Context(), process.Options{Path: badPath, SHA256: sum})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := p.Describe(b.Context(), &pluginv1.DescribeRequest{}); err != nil {
			b.Fatal(err)
		}
		total += p.Ready()
		b.StopTimer()
		begin := time.Now()
		p.Stop(b.Context())
		stopping += time.Since(begin)
		b.StartTimer()
	}
	b.ReportMetric(float64(total.Microseconds())/1e3/float64(b.N), "ms-ready/op")
	b.ReportMetric(float64(stopping.Microseconds())/1e3/float64(b.N), "ms-stop/op")
}

// BenchmarkSample is what a sample costs beside its own time: sent, handled,
// acknowledged.
func BenchmarkSample(b *testing.B) {
	p, _ := start(b, "")
	if _, err := p.OpenDevice(b.Context(), &pluginv1.OpenDeviceRequest{Kind: "cpu"}); err != nil {
		b.Fatal(err)
	}
	if _, _, err := p.PrepareCase(b.Context(), request(b, "a", map[string]any{"iteration_ns": 1}), nil); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	_, err := p.Measure(b.Context(), &pluginv1.Start{Handle: "a", Phase: "decode", Iterations: 1, Samples: uint32(b.N)}, process.MeasureHandler{
		OnSample: func(*pluginv1.Sample) (bool, error) { return false, nil },
	})
	if err != nil {
		b.Fatal(err)
	}
}

// One plugin measures while others, each an arm of its own, wait.
func TestSeveralAliveAtOnce(t *testing.T) {
	t.Parallel()
	procs := make([]*process.Process, 8)
	for i := range procs {
		procs[i], _ = start(t, "")
	}
	for i, p := range procs {
		if samples, err := visit(t.Context(), t, p, map[string]any{}, 2, time.Minute); err != nil || len(samples) != 2 {
			t.Fatalf("plugin %d: samples %v, error %v", i, samples, err)
		}
	}
	procs[0].Kill()
	if d := procs[7].Stop(t.Context()); d.Died() {
		t.Errorf("the end of one plugin took another along: %+v", d)
	}
}
