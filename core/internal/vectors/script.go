package vectors

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/json"

	"github.com/assay-bench/assay/core/process"
	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/schema"
)

// conversation is one that is recorded: what a host does with one process.
type conversation struct {
	name, about string
	hold        func(ctx context.Context, h *host) error
}

var conversations = []conversation{
	{"describe", "Describe is the same each time, and opens no device.", func(ctx context.Context, h *host) error {
		for range 2 {
			if _, err := h.Describe(ctx, &pluginv1.DescribeRequest{HostVersion: "1.0.0"}); err != nil {
				return err
			}
		}
		return nil
	}},
	{"validate", "ValidateConfig: a good configuration, one with a warning about a labelled block, a wrong one; then a good one again.", func(ctx context.Context, h *host) error {
		for _, c := range []string{`{}`, `{"part": {"b": {}, "a \"1\"": {"weight": 0}}}`, `{"n": 5}`, `{"n": 2}`} {
			if _, err := h.ValidateConfig(ctx, &pluginv1.ValidateConfigRequest{ConfigJson: h.canonical(c), Device: "cpu"}); err != nil {
				return err
			}
		}
		return nil
	}},
	{"prepare", "PrepareCase with the largest seed, and ReleaseCase without a visit. Progress may come at any time, and is left out.", func(ctx context.Context, h *host) error {
		return errors.Join(h.open(ctx), h.prepare(ctx, "1", `{}`, 1<<64-1), h.release(ctx, "1"))
	}},
	{"prepare-refused", "A preparation that a user can mend ends with a Diagnostic in an OK answer; the handle is free again.", func(ctx context.Context, h *host) error {
		return errors.Join(h.open(ctx), h.prepare(ctx, "1", `{"fault": "advice"}`, 1), h.prepare(ctx, "1", `{}`, 1))
	}},
	{"prepare-broken", "A preparation that no user can mend ends with a status that is not OK.", func(ctx context.Context, h *host) error {
		return errors.Join(h.open(ctx), h.refused(h.prepare(ctx, "1", `{"fault": "defect"}`, 1)))
	}},
	{"visit", "A visit of three samples, each of four iterations, and what is left to check at the end.", func(ctx context.Context, h *host) error {
		return errors.Join(h.open(ctx), h.prepare(ctx, "1", `{"n": 8}`, 1),
			h.visit(ctx, &pluginv1.Start{Handle: "1", Phase: "work", Iterations: 4, Samples: 3}, 0), h.release(ctx, "1"))
	}},
	{"visit-fixed", "A phase whose samples always have five iterations: 0 in Start means them.", func(ctx context.Context, h *host) error {
		return errors.Join(h.open(ctx), h.prepare(ctx, "1", `{}`, 1),
			h.visit(ctx, &pluginv1.Start{Handle: "1", Phase: "fixed", SampleNs: time.Millisecond.Nanoseconds(), Samples: 2}, 0))
	}},
	{"stop", "Stop in place of the second sample's Ack ends a visit without a number of samples; the next visit is as any other.", func(ctx context.Context, h *host) error {
		return errors.Join(h.open(ctx), h.prepare(ctx, "1", `{}`, 1),
			h.visit(ctx, &pluginv1.Start{Handle: "1", Phase: "work", Iterations: 1}, 2),
			h.visit(ctx, &pluginv1.Start{Handle: "1", Phase: "work", Iterations: 1, Samples: 1}, 0))
	}},
	{"stop-early", "Stop in place of the Intent's Ack: nothing is measured.", func(ctx context.Context, h *host) error {
		return errors.Join(h.open(ctx), h.prepare(ctx, "1", `{}`, 1), h.stopEarly(ctx))
	}},
	{"heartbeat", "A sample of three seconds where the host wants to hear something every four: after a quarter of that time a heartbeat comes, from the loop of iterations. There may be more.", func(ctx context.Context, h *host) error {
		return errors.Join(h.open(ctx), h.prepare(ctx, "1", `{}`, 1),
			h.visit(ctx, &pluginv1.Start{Handle: "1", Phase: "slow", Iterations: 60, Samples: 1, HeartbeatNs: (4 * time.Second).Nanoseconds()}, 0))
	}},
	{"two", "Two configurations live side by side and are visited by turns; one goes on when the other was released.", func(ctx context.Context, h *host) error {
		start := func(handle string) error {
			return h.visit(ctx, &pluginv1.Start{Handle: handle, Phase: "work", Iterations: 2, Samples: 1}, 0)
		}
		return errors.Join(h.open(ctx), h.prepare(ctx, "1", `{"n": 2}`, 1), h.prepare(ctx, "2", `{"n": 6}`, 1),
			start("2"), start("1"), start("2"), h.release(ctx, "1"), start("2"), h.release(ctx, "2"))
	}},
	{"propose", "Propose opens no device: what to compare next, and a finding when nothing is left. A bound that is not set is not known.", func(ctx context.Context, h *host) error {
		results := []*pluginv1.Result{h.result("baseline", `{}`, ""), h.result("n2", `{"n": 2}`, "")}
		results[0].Baseline = true
		results[1].Phases["work"].Lower = nil
		for range 2 {
			if _, err := h.Propose(ctx, &pluginv1.ProposeRequest{Results: results, Seed: 7}); err != nil {
				return err
			}
			results = append(results, h.result("n6", `{"n": 6}`, ""), h.result("n8", `{"n": 8}`, "out of memory"))
		}
		return nil
	}},
	{"refused-before-device", "PrepareCase before OpenDevice is the host's fault, and refused.", func(ctx context.Context, h *host) error {
		return h.refused(h.prepare(ctx, "1", `{}`, 1))
	}},
	{"refused-digest", "So is a digest that is not that of the configuration.", func(ctx context.Context, h *host) error {
		h.digest = func([]byte) string { return "sha256:00" }
		return errors.Join(h.open(ctx), h.refused(h.prepare(ctx, "1", `{}`, 1)))
	}},
	{"refused-handle", "So is a visit of a configuration that was released.", func(ctx context.Context, h *host) error {
		return errors.Join(h.open(ctx), h.prepare(ctx, "1", `{}`, 1), h.release(ctx, "1"),
			h.refused(h.visit(ctx, &pluginv1.Start{Handle: "1", Phase: "work", Iterations: 1, Samples: 1}, 0)))
	}},
	{"refused-phase", "So is a visit of a phase that the plugin does not have.", func(ctx context.Context, h *host) error {
		return errors.Join(h.open(ctx), h.prepare(ctx, "1", `{}`, 1),
			h.refused(h.visit(ctx, &pluginv1.Start{Handle: "1", Phase: "play", Iterations: 1, Samples: 1}, 0)))
	}},
	{"refused-iterations", "So is another number of iterations than the five that the phase always has.", func(ctx context.Context, h *host) error {
		return errors.Join(h.open(ctx), h.prepare(ctx, "1", `{}`, 1),
			h.refused(h.visit(ctx, &pluginv1.Start{Handle: "1", Phase: "fixed", Iterations: 4, Samples: 1}, 0)))
	}},
}

// host is the host's side of a process, with what is the same in all conversations.
type host struct {
	*process.Process
	schema *schema.Block
	digest func(config []byte) string
}

// record holds a conversation with the plugin that o starts.
func record(ctx context.Context, o process.Options, described *pluginv1.DescribeResponse, c conversation) ([]byte, error) {
	recorder := &Recorder{}
	o.Dial = recorder.Options()
	p, err := process.Start(ctx, o)
	if err != nil {
		return nil, err
	}
	defer p.Kill()
	block, err := schema.Compile(described.GetName(), described.GetConfig())
	if err != nil {
		return nil, err
	}
	if err := c.hold(ctx, &host{Process: p, schema: block, digest: digest}); err != nil {
		return nil, err
	}
	lines, err := recorder.Conversation()
	if err != nil {
		return nil, err
	}
	return format(append([]Line{{About: c.about}}, lines...))
}

// canonical is what the host sends for a configuration.
func (h *host) canonical(config string) []byte {
	f, diags := json.Parse([]byte(config), "configuration")
	if diags.HasErrors() {
		panic(diags)
	}
	decoded, diags := h.schema.Decode([]schema.Layer{{Body: f.Body}}, hcl.Range{}, schema.Files{})
	if diags.HasErrors() {
		panic(diags)
	}
	return decoded.JSON
}

func digest(config []byte) string {
	sum := sha256.Sum256(config)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func (h *host) open(ctx context.Context) error {
	_, err := h.OpenDevice(ctx, &pluginv1.OpenDeviceRequest{Kind: "cpu"})
	return err
}

func (h *host) prepare(ctx context.Context, handle, config string, seed uint64) error {
	raw := h.canonical(config)
	_, _, err := h.PrepareCase(ctx, &pluginv1.PrepareCaseRequest{
		Handle: handle, ConfigJson: raw, ConfigDigest: h.digest(raw), Seed: seed, Cache: "cold", Phases: []string{"work", "fixed", "slow"},
	}, nil)
	return err
}

// visit says Stop in place of the Ack of one sample; stopAt 0: never.
func (h *host) visit(ctx context.Context, start *pluginv1.Start, stopAt int) error {
	taken := 0
	_, err := h.Measure(ctx, start, process.MeasureHandler{OnSample: func(*pluginv1.Sample) (bool, error) {
		taken++
		return taken == stopAt, nil
	}})
	return err
}

var errEnough = errors.New("enough")

func (h *host) stopEarly(ctx context.Context) error {
	_, err := h.Measure(ctx, &pluginv1.Start{Handle: "1", Phase: "work", Iterations: 1, Samples: 1}, process.MeasureHandler{
		OnIntent: func(*pluginv1.Intent) error { return errEnough },
	})
	if !errors.Is(err, errEnough) {
		return fmt.Errorf("stopped at the intent, the visit ended with %w", err)
	}
	return nil
}

func (h *host) release(ctx context.Context, handle string) error {
	_, err := h.ReleaseCase(ctx, &pluginv1.ReleaseCaseRequest{Handle: handle})
	return err
}

// refused turns the death that a status ends in into nil.
func (h *host) refused(err error) error {
	var died *process.DeathError
	if errors.As(err, &died) && died.Death.Kind == process.KindError {
		return nil
	}
	return fmt.Errorf("want a status that is not OK, got %w", err)
}

// result is one that a search is told of.
func (h *host) result(name, config, failure string) *pluginv1.Result {
	lower, upper := 0.75, 1.25
	r := &pluginv1.Result{Name: name, ConfigJson: h.canonical(config), Failure: failure}
	if failure == "" {
		r.ChecksPassed = true
		r.Phases = map[string]*pluginv1.PhaseResult{"work": {WallNs: 1000, Ratio: 1, Lower: &lower, Upper: &upper, Rounds: 6}}
	}
	return r
}
