package sdk_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/internal/fakedevice"
	"github.com/assay-bench/assay/core/internal/serving"
	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/core/sdk/sdktest"
	"github.com/assay-bench/assay/metal"
)

// TestWhatIsNotDeclared: a name that the plugin does not declare is a defect that
// names it, not a value that gets lost.
func TestWhatIsNotDeclared(t *testing.T) {
	for want, change := range map[string]func(*sdk.Plugin[config]){
		`runs on device "gpu", want one of apple, cuda, cpu, sim`: func(p *sdk.Plugin[config]) { p.Devices = []string{"cpu", "gpu"} },
		`runs on device "auto"`:                                   func(p *sdk.Plugin[config]) { p.Devices = []string{"auto"} },
		`phase "decode" has`:                                      func(p *sdk.Plugin[config]) { p.Phases = append(p.Phases, sdk.Phase{Name: "decode"}) },
		`metric "" has no name`:                                   func(p *sdk.Plugin[config]) { p.Metrics = append(p.Metrics, sdk.Metric{}) },
	} {
		p := testPlugin(new(int))
		change(&p)
		if _, err := sdk.NewServer(p, serving.Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	for want, metrics := range map[string][]sdk.Metric{
		`Prepare gives metric "n"; the plugin declares none`:                 nil,
		`SampleMetrics gives metric "batches"; the plugin declares n, after`: {{Name: "n"}, {Name: "after"}},
		`Check gives metric "after"; the plugin declares n, batches`:         {{Name: "n"}, {Name: "batches"}},
	} {
		p := testPlugin(new(int))
		p.Metrics = metrics
		if err := through(t, p); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	p := testPlugin(new(int))
	p.Phases = []sdk.Phase{{Name: "prefill"}}
	if err := through(t, p); err == nil || !strings.Contains(err.Error(), `Prepare gives phase "decode"; the plugin declares prefill`) {
		t.Errorf("error %v", err)
	}
}

// through takes a plugin from opening to release and returns the first error.
func through(t *testing.T, p sdk.Plugin[config]) error {
	t.Helper()
	h := sdktest.Start(t, p)
	h.Open("cpu")
	const cfg = `{"n":1,"fail":""}`
	sum := sha256.Sum256([]byte(cfg))
	prepare, err := h.Client.PrepareCase(t.Context(), &pluginv1.PrepareCaseRequest{
		Handle: "a", ConfigJson: []byte(cfg), ConfigDigest: "sha256:" + hex.EncodeToString(sum[:]),
	})
	for err == nil {
		_, err = prepare.Recv()
	}
	if !errors.Is(err, io.EOF) {
		return err
	}
	visit, err := h.Client.Measure(t.Context())
	if err != nil {
		return err
	}
	err = visit.Send(&pluginv1.MeasureRequest{Message: &pluginv1.MeasureRequest_Start{Start: &pluginv1.Start{Handle: "a", Phase: p.Phases[0].Name, Samples: 1}}})
	for err == nil {
		var m *pluginv1.MeasureResponse
		if m, err = visit.Recv(); err != nil || m.GetDone() != nil {
			break
		}
		if seq := max(m.GetIntent().GetSeq(), m.GetSample().GetSeq()); seq > 0 {
			err = visit.Send(&pluginv1.MeasureRequest{Message: &pluginv1.MeasureRequest_Ack{Ack: &pluginv1.Ack{Seq: seq}}})
		}
	}
	if err != nil {
		return err
	}
	_, err = h.Client.ReleaseCase(t.Context(), &pluginv1.ReleaseCaseRequest{Handle: "a"})
	return err
}

// TestRunTakesADeviceOfThePlugin: cpu, else sim.
func TestRunTakesADeviceOfThePlugin(t *testing.T) {
	for want, devices := range map[string][]string{"cpu": {"cuda", "cpu", "sim"}, "sim": {"apple", "cuda", "sim"}} {
		p, opened := testPlugin(new(int)), ""
		p.Devices = devices
		p.OpenDevice = func(ctx context.Context, kind string, index int) (metal.Device, error) {
			opened = kind
			return fakedevice.Open(ctx, kind, index)
		}
		sdktest.Run(t, p, `{}`)
		if opened != want {
			t.Errorf("%v: opened %s, want %s", devices, opened, want)
		}
	}
}
