package main

import (
	"strings"
	"testing"
	"time"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/sdk/sdktest"
)

// sampleError takes one sample and returns its error, empty if there is none.
func sampleError(t *testing.T, h *sdktest.Host, phase string) string {
	t.Helper()
	stream, err := h.Client.Measure(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stream.Send(&pluginv1.MeasureRequest{Message: &pluginv1.MeasureRequest_Start{Start: &pluginv1.Start{Handle: "a", Phase: phase, Samples: 1}}})
	stream.Send(&pluginv1.MeasureRequest{Message: &pluginv1.MeasureRequest_Ack{Ack: &pluginv1.Ack{Seq: 1}}})
	for {
		m, err := stream.Recv()
		switch {
		case err != nil:
			return err.Error()
		case m.GetSample() != nil:
			stream.Send(&pluginv1.MeasureRequest{Message: &pluginv1.MeasureRequest_Ack{Ack: &pluginv1.Ack{Seq: m.GetSample().GetSeq()}}})
		case m.GetDone() != nil:
			return ""
		}
	}
}

// What happens to a server while it is timed is told with its own words.
func TestSamplesThatFail(t *testing.T) {
	for _, tt := range []struct{ fault, phase, want string }{
		{"stalls", decode, "device_timeout"},
		{"stalls", decode, "no whole answer within request_timeout (500ms)"},
		{"500", ttft, `out of memory\x1b[31m`},
		{"cached", prefill, "no prefill: the server took"},
		{"error in the stream", decode, `the slot\x07 is gone`},
		{"dies", decode, "broke after 1 piece"},
		{"held back", decode, "pieces arrived at once"},
		{"ends at once", decode, "has 1 tokens"},
		{"ends early", decode, "answers of this turn have 1 tokens"},
	} {
		t.Run(tt.fault+" "+tt.phase, func(t *testing.T) {
			t.Parallel()
			f := &fake{style: "mlx"}
			h := sdktest.Start(t, plugin())
			h.Open("cpu")
			if p, found := h.Prepare("a", config(serve(t, f), "request_timeout", "500ms", "max_tokens", 6), 1); p == nil {
				t.Fatal(found)
			}
			f.mu.Lock()
			f.fault = tt.fault
			f.mu.Unlock()
			if got := sampleError(t, h, tt.phase); !strings.Contains(got, tt.want) {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestASampleFailsWithTheServersLastWords(t *testing.T) {
	c, notes := started(t, "mlx,exits later")
	h := sdktest.Start(t, plugin())
	h.Open("cpu")
	if p, found := h.Prepare("a", c, 1); p == nil {
		t.Fatal(found)
	}
	var got string
	for range 100 {
		if got = sampleError(t, h, ttft); got != "" {
			break
		}
	}
	for _, want := range []string{"The server ended", "exit status 134", `uncaught\x1b[0m exception`} {
		if !strings.Contains(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	awaitGone(t, pids(t, notes)[0])
}

// Figures of waves, by hand.
func TestFigures(t *testing.T) {
	at := func(ms int) time.Time { return time.Unix(100, 0).Add(time.Duration(ms) * time.Millisecond) }
	tokens := func(n int) count { return count{n: n, known: true} }
	one := answer{sent: at(0), first: at(40), last: at(140), pieces: 11, leading: 1, reads: 11, prompted: tokens(100), completion: tokens(11), cached: tokens(0)}
	two := answer{sent: at(10), first: at(60), last: at(200), pieces: 10, leading: 2, reads: 9, prompted: tokens(100), completion: tokens(20), cached: tokens(4)}
	for _, tt := range []struct {
		name, phase string
		wave        []answer
		tokens      float64
		want        time.Duration
	}{
		{"ttft", ttft, []answer{one}, 1, 40 * time.Millisecond},
		{"ttft, mean of two", ttft, []answer{one, two}, 1, 45 * time.Millisecond},
		{"prefill of 50 tokens", prefill, []answer{one}, 50, 20 * time.Millisecond},
		{"prefill, 196 tokens in 60 ms", prefill, []answer{one, two}, 98, 30 * time.Millisecond},
		{"decode, 10 tokens in 100 ms", decode, []answer{one}, 10, 100 * time.Millisecond},
		{"decode, 16 tokens after the first read in 140 ms", decode, []answer{two}, 8, 70 * time.Millisecond},
		{"decode, 26 tokens in 160 ms", decode, []answer{one, two}, 13, 80 * time.Millisecond},
	} {
		var v turn
		var wave []reply
		for _, a := range tt.wave {
			wave = append(wave, reply{prompt: &prompt{}, answer: a})
		}
		if err := v.add(tt.phase, wave); err != nil {
			t.Fatal(err)
		}
		if got, err := v.figure(tt.phase, tt.tokens); got != tt.want || err != nil {
			t.Errorf("%s: %v, %v; want %v", tt.name, got, err, tt.want)
		}
	}
}

func TestWhatIsNoPrefill(t *testing.T) {
	for _, tt := range []struct {
		turn turn
		want bool
	}{
		{turn{requests: 1, prompt: 1000}, false},
		{turn{requests: 1, prompt: 1000, cached: 50}, false},
		{turn{requests: 1, prompt: 1000, cached: 51}, true},
		{turn{requests: 1, prompt: 36, cached: 3}, false},
		{turn{requests: 1, prompt: 36, cached: 5}, true},
		{turn{requests: 1, prompt: 5, cached: 4}, true},
		{turn{requests: 2, prompt: 72, cached: 8}, false},
	} {
		if got := tt.turn.fromCache(); got != tt.want {
			t.Errorf("%d of %d tokens in %d requests: %v", tt.turn.cached, tt.turn.prompt, tt.turn.requests, got)
		}
	}
}
