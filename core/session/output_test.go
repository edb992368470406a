package session

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/rejudge"
)

// Documents of all kinds of experiments follow from their own samples.
func TestDocumentsFollowFromTheirSamples(t *testing.T) {
	for name, edit := range map[string]func(*config.Experiment){
		"no guardrail":              func(*config.Experiment) {},
		"a guardrail on one of two": func(e *config.Experiment) { guard(e); e.Measure.Phases = append(e.Measure.Phases, "prefill") },
		"rounds that are raised":    func(e *config.Experiment) { guard(e); e.Measure.Rounds, e.Measure.MaxRounds = 1, 1 },
	} {
		t.Run(name, func(t *testing.T) {
			e := experimentOf("follows", variant(t, "base", true, nil), variant(t, "a", false, nil))
			edit(e)
			folder, _, _, err := run(t, e)
			if err != nil {
				t.Fatal(err)
			}
			r, err := record.ReadResult(filepath.Join(folder, "follows.json"))
			if err != nil {
				t.Fatal(err)
			}
			report, err := rejudge.Check(r)
			if err != nil || !report.Follows {
				t.Errorf("error %v, report %+v; want a document that follows", err, report)
			}
		})
	}
}

func guard(e *config.Experiment) {
	e.Guardrails = []config.Guardrail{{Name: "g", Phase: "decode", MinRatio: 1, Margin: 0.5, OnFail: "fail"}}
}

func TestUnwritableResultIsKnownBeforeMeasuring(t *testing.T) {
	object := filepath.Join(t.TempDir(), "object.json")
	if err := os.WriteFile(object, []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]config.Output{
		"no folder":             {Path: filepath.Join(os.DevNull, "nowhere.json")},
		"a folder in its place": {Path: filepath.Dir(object)},
		"a foreign array":       {Path: "x.json", Append: object},
	} {
		t.Run(name, func(t *testing.T) {
			e := experimentOf("nowhere", variant(t, "base", true, nil), variant(t, "a", false, nil))
			e.Output = o
			_, _, results, err := run(t, e)
			named := o.Path
			if o.Append != "" {
				named = o.Append
			}
			if err == nil || len(results) > 0 || !strings.Contains(err.Error(), named) || !strings.Contains(err.Error(), `"nowhere"`) {
				t.Errorf("%d results, error %v; want none, and an error that names experiment and path", len(results), err)
			}
		})
	}
}

func TestInterruptedBeforeAnyRoundKeepsTheEarlierDocument(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "cut.json")
	if err := os.WriteFile(path, []byte("earlier"), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s, err := Open(ctx, Options{
		Programs: func(config.Program) (*Plugin, error) { return plugin, nil }, Folder: folder, Version: "0.1.0",
		LockPath: filepath.Join(folder, "lock"), Logger: hclog.NewNullLogger(), Observe: quiet, Report: func(e record.Event, _ *record.Result) {
			if _, ok := e.Data.(record.RoundBeginEvent); ok {
				cancel()
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err = s.Run(ctx, []*config.Experiment{experimentOf("cut", variant(t, "base", true, nil), variant(t, "a", false, nil))}); err == nil {
		t.Error("an interrupted session gave no error")
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "earlier" {
		t.Errorf("the earlier document is now %.40q (%v)", text, err)
	}
}
