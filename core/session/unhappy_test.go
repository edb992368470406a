package session

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/record"
)

// Whatever goes wrong, documents and events fit their schemas, and recover makes the
// documents again that the session wrote.
func TestUnhappyDocumentsFitTheirSchema(t *testing.T) {
	var experiments []*config.Experiment
	for _, mode := range []string{
		"panic@prepare", "exit3@open", "error@prepare", "user-error@prepare", "no-room@prepare", "panic@release",
		"segv@measure", "error@measure", "device-fault@measure", "device-timeout@measure", "device-lost@measure",
		"lie-seq@measure", "no-wait@measure", "wrong-digest@measure", "no-done@measure", "early-done@measure", "huge@measure",
		"bad-log@measure", "hang@measure",
	} {
		name, at, _ := strings.Cut(mode, "@")
		e := experimentOf(name+"_"+at, variant(t, "base", true, nil), variant(t, "victim", false, map[string]any{"mode": name, "at": at}))
		e.Measure.HeartbeatTimeout = 300 * time.Millisecond
		e.Guardrails = []config.Guardrail{{Name: "no_loss", Phase: "decode", MinRatio: 1, Margin: 0.2, OnFail: "fail"}}
		experiments = append(experiments, e)
	}
	folder, s, results, err := run(t, experiments...)
	if err != nil || len(results) != len(experiments) {
		t.Fatalf("%d results, error %v", len(results), err)
	}
	validEverywhere(t, folder, s)
}

// The same of a session that is interrupted before any of its steps, and resumed.
func TestInterruptedDocumentsFitTheirSchema(t *testing.T) {
	for _, stage := range []string{stageStart, stageOpen, stagePrepare, stageWarmUp, stageVisit, stageRelease, "round", "case", "experiment"} {
		t.Run(stage, func(t *testing.T) {
			folder := t.TempDir()
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			o := Options{
				Programs: func(config.Program) (*Plugin, error) { return plugin, nil }, Folder: folder, Version: "0.1.0",
				LockPath: filepath.Join(folder, "lock"), Logger: hclog.NewNullLogger(), Observe: quiet,
			}
			cut := o
			cut.Report = func(e record.Event, _ *record.Result) {
				switch d := e.Data.(type) {
				case record.StepEvent:
					if d.Stage == stage {
						cancel()
					}
				case record.RoundBeginEvent, record.CaseEvent, record.ExperimentEvent:
					if map[string]string{"round": "round_begin", "case": "case", "experiment": "experiment"}[stage] == e.Kind() {
						cancel()
					}
				}
			}
			s, err := Open(ctx, cut)
			if err != nil {
				t.Fatal(err)
			}
			e := experimentOf("cut", variant(t, "base", true, nil), variant(t, "a", false, nil))
			if _, err := s.Run(ctx, []*config.Experiment{e}); err == nil {
				t.Error("an interrupted session gave no error")
			}
			validEverywhere(t, folder, s)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if stage != stageVisit {
				return
			}
			again, err := Resume(context.Background(), s.Journal(), o)
			if err != nil {
				t.Fatal(err)
			}
			defer again.Close()
			if _, err := again.Run(context.Background(), []*config.Experiment{e}); err != nil {
				t.Fatal(err)
			}
			validEverywhere(t, folder, again)
		})
	}
}

// validEverywhere holds the journal of a session, the documents that it wrote and
// those that are recovered against their schemas.
func validEverywhere(t *testing.T, folder string, s *Session) {
	t.Helper()
	events, torn, err := record.ReadJournal(s.Journal())
	if err != nil || torn {
		t.Fatalf("journal: torn %v, error %v", torn, err)
	}
	eventsFitTheirSchema(t, events)
	found, err := record.Recover(s.Journal())
	if err != nil || len(found.Damage) > 0 || len(found.Documents) == 0 {
		t.Fatalf("recover: %+v, error %v", found, err)
	}
	defer found.Close()
	for _, d := range found.Documents {
		if !d.Stands() {
			t.Errorf("%s: what is recovered is not what was written", d.Experiment.Name)
		}
		path := filepath.Join(folder, "recovered.json")
		if err := d.Write(path); err != nil {
			t.Fatal(err)
		}
		fitsSchema(t, path)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}
