package sdk_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/core/sdk/sdktest"
)

type figure struct {
	Unit       string `assay:"unit" default:"call"`
	Iterations int    `assay:"iterations" default:"0"`
	Single     bool   `assay:"single" default:"false"`
}

type size struct {
	Unit  string  `assay:"unit" default:"bytes"`
	Value float64 `assay:"value" default:"0"`
}

// script has the phases and metrics that its configuration names.
type script struct {
	Phase  map[string]figure `assay:"phase" label:"name"`
	Metric map[string]size   `assay:"metric" label:"name"`
	Gives  string            `assay:"gives" default:""` // a metric that it gives beside those
}

func prepareScript(_ context.Context, req sdk.Request[script]) (*sdk.Prepared, error) {
	p := &sdk.Prepared{Metrics: map[string]float64{}, Phases: map[string]sdk.Timed{}}
	for name, m := range req.Config.Metric {
		p.Metrics[name] = m.Value
	}
	if req.Config.Gives != "" {
		p.Metrics[req.Config.Gives] = 1
	}
	for name, f := range req.Config.Phase {
		p.Phases[name] = sdk.Timed{Units: 1, Iterations: f.Iterations, OwnTimes: spin(100 * time.Microsecond)}
	}
	return p, nil
}

func scriptPlugin() sdk.Plugin[script] {
	return sdk.Plugin[script]{
		Name: "script", Version: "0.1.0", NoDevice: true,
		Declare: func(cfg script) (phases []sdk.Phase, metrics []sdk.Metric) {
			for _, name := range slices.Sorted(maps.Keys(cfg.Phase)) {
				phases = append(phases, sdk.Phase{Name: name, Unit: cfg.Phase[name].Unit, Single: cfg.Phase[name].Single})
			}
			for _, name := range slices.Sorted(maps.Keys(cfg.Metric)) {
				metrics = append(metrics, sdk.Metric{Name: name, Unit: cfg.Metric[name].Unit, Exact: true})
			}
			return phases, metrics
		},
		Prepare: prepareScript,
	}
}

func TestConfigurationsDeclare(t *testing.T) {
	const cfg = `{"phase":{"decode":{"unit":"tok","single":true},"load":{"iterations":3}},"metric":{"size":{"value":7}}}`
	r := sdktest.Run(t, scriptPlugin(), cfg)
	if len(r.Samples["decode"]) != 3 || len(r.Samples["load"]) != 3 || r.Metrics["size"] != 7 {
		t.Errorf("samples %v, metrics %v", r.Samples, r.Metrics)
	}
	for _, s := range r.Samples["load"] {
		if s.GetIterations() != 3 {
			t.Errorf("a sample of %d iterations, want 3", s.GetIterations())
		}
	}
	if f := r.Prepared.GetPhases(); f["load"].GetIterations() != 3 || f["decode"].GetIterations() != 0 {
		t.Errorf("facts %v", f)
	}
	h := sdktest.Start(t, scriptPlugin())
	if d := h.Description; len(d.GetPhases())+len(d.GetMetrics()) != 0 {
		t.Errorf("description %v", d)
	}
	d := h.Declared(cfg)
	if len(d.GetPhases()) != 2 || len(d.GetMetrics()) != 1 {
		t.Fatalf("declared %v", d)
	}
	if p, m := d.GetPhases()[0], d.GetMetrics()[0]; p.GetName() != "decode" || p.GetUnit() != "tok" || !p.GetSingle() || m.GetName() != "size" || !m.GetExact() {
		t.Errorf("declared %v", d)
	}
}

// TestPhasesAreThoseOfTheConfiguration: one prepared configuration has not what another has.
func TestPhasesAreThoseOfTheConfiguration(t *testing.T) {
	h := sdktest.Start(t, scriptPlugin())
	h.Open("cpu")
	h.Prepare("a", `{"phase":{"decode":{}}}`, 1)
	h.Prepare("b", `{"phase":{"load":{"iterations":3}}}`, 1)
	if got := h.Measure("a", "decode", 1); got[0].GetIterations() != 10 {
		t.Errorf("sample %v", got)
	}
	for want, start := range map[string]*pluginv1.Start{
		`phase "load" is not one of decode`:                                             {Handle: "a", Phase: "load"},
		`phase "decode" is not one of load`:                                             {Handle: "b", Phase: "decode"},
		`2 iterations of phase "load" are asked for; it has 3 in every sample`:          {Handle: "b", Phase: "load", Iterations: 2},
		`9000000000 iterations of phase "load" are asked for; it has 3 in every sample`: {Handle: "b", Phase: "load", Iterations: 9_000_000_000},
	} {
		if err := measure(t, h, start, 1); status.Code(err) != codes.InvalidArgument || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if err := measure(t, h, &pluginv1.Start{Handle: "b", Phase: "load", Iterations: 3, Samples: 1}, 1); status.Code(err) == codes.InvalidArgument && strings.Contains(err.Error(), "asked for") {
		t.Errorf("its own number of iterations is refused: %v", err)
	}
}

func TestDeclareFaults(t *testing.T) {
	for cfg, want := range map[string]string{
		`{"phase":{"a":{"iterations":-1}}}`:                `phase "a": Prepare gives -1 iterations; want 0 to`,
		`{"phase":{"a":{"iterations":4,"single":true}}}`:   `phase "a": Prepare gives 4 iterations of each sample; it is declared as one whose single`,
		`{"phase":{"a":{}},"metric":{"b":{}},"gives":"c"}`: `Prepare gives metric "c"; the plugin declares b`,
		`{"phase":{"a":{"iterations":2000000000}}}`:        "want 0 to",
	} {
		h := sdktest.Start(t, scriptPlugin())
		h.Open("cpu")
		err := prepareError(t, h, cfg)
		if status.Code(err) != codes.Internal || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", cfg, err, want)
		}
	}
	h := sdktest.Start(t, scriptPlugin())
	if d := h.Validate(`{}`); len(d) != 1 || d[0].GetCode() != "no_phase" {
		t.Errorf("a configuration without a phase: %v", d)
	}
	twice := scriptPlugin()
	twice.Phases = []sdk.Phase{{Name: "load"}}
	h = sdktest.Start(t, twice)
	if d := h.Validate(`{}`); len(d) != 0 {
		t.Errorf("a plugin with a phase of its own: %v", d)
	}
	_, err := h.Client.ValidateConfig(t.Context(), &pluginv1.ValidateConfigRequest{ConfigJson: h.Canonical(`{"phase":{"load":{}}}`)})
	if status.Code(err) != codes.Internal || !strings.Contains(err.Error(), `phase "load" has no name or the name of another`) {
		t.Errorf("a name that the plugin has: %v", err)
	}
}

// prepareError is the status that preparing a configuration ends with.
func prepareError(t *testing.T, h *sdktest.Host, cfg string) error {
	t.Helper()
	stream, err := h.Client.PrepareCase(t.Context(), &pluginv1.PrepareCaseRequest{
		Handle: fmt.Sprint("handle of ", cfg), ConfigJson: h.Canonical(cfg), ConfigDigest: digest(string(h.Canonical(cfg))),
	})
	for err == nil {
		_, err = stream.Recv()
	}
	return err
}
