package process_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/assay-bench/assay/core/process"
	"github.com/assay-bench/assay/core/proto/pluginv1"
)

// Heartbeats, steps and warnings are no progress: only samples are.
func TestWhatIsNoProgress(t *testing.T) {
	for _, tt := range []struct {
		mode    string
		samples uint32 // asked for; 0: until the host has enough
		taken   int
		want    process.Kind
		text    string
	}{
		{"beats", 6, 2, process.KindHang, "no sample for 500ms, its sample_timeout"},
		{"beats", 0, 2, process.KindHang, "no sample for 500ms, its sample_timeout"},
		{"no-end", 3, 3, process.KindHang, "no sample for 500ms, its sample_timeout"},
		{"no-end", 0, 4, process.KindHang, "no sample for 500ms, its sample_timeout"},
		{"diagnostics", 6, 2, process.KindProtocol, "more than 200 diagnostics"},
	} {
		t.Run(tt.mode, func(t *testing.T) {
			t.Parallel()
			p, _ := start(t, "")
			ctx := t.Context()
			if _, err := p.OpenDevice(ctx, &pluginv1.OpenDeviceRequest{Kind: "cpu"}); err != nil {
				t.Fatal(err)
			}
			if _, _, err := p.PrepareCase(ctx, request(t, "a", map[string]any{"mode": tt.mode, "iteration_ns": 10_000}), nil); err != nil {
				t.Fatal(err)
			}
			taken := 0
			_, err := p.Measure(ctx, &pluginv1.Start{Handle: "a", Phase: "decode", Iterations: 10, Samples: tt.samples}, process.MeasureHandler{
				SampleTimeout: 500 * time.Millisecond,
				OnSample: func(*pluginv1.Sample) (bool, error) {
					taken++
					return taken == 4, nil
				},
			})
			var death *process.DeathError
			if !errors.As(err, &death) || death.Death.Kind != tt.want || !strings.Contains(err.Error()+death.Death.Detail, tt.text) || taken != tt.taken {
				t.Errorf("%v after %d samples, want %s with %q after %d", err, taken, tt.want, tt.text, tt.taken)
			}
		})
	}
}
