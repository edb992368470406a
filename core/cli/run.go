package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/assay-bench/assay/core/history"
	"github.com/assay-bench/assay/core/machine"
	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/report"
	"github.com/assay-bench/assay/core/session"
	"github.com/assay-bench/assay/metal"
)

type runCommand struct {
	source
	Seed uint64 `name:"seed" help:"Seed of orders and inputs; 0 draws one and records it."`
	JSON bool   `name:"json" help:"Print events as JSON lines, the results' summary last."`
}

func (c *runCommand) Run(ctx context.Context, app *App) error {
	l, err := app.load(ctx, c.source)
	if err != nil {
		return err
	}
	if err := app.faults(l.diags, l.module.Files()); err != nil {
		return err
	}
	folder, err := os.Getwd()
	if err != nil {
		return err
	}
	s, err := session.Open(ctx, session.Options{
		Plugins: l.plugin, Folder: folder, Source: l.module.Dir, Command: os.Args, Version: Version, Seed: c.Seed,
		LockPath: machine.LockPath(app.Getenv), Logger: app.log, Report: c.reporter(app), CopyRate: copyRate, Probe: probeHealth,
	})
	if err != nil {
		return infrastructure(app, err)
	}
	defer s.Close()
	results, err := s.Run(ctx, l.experiments)
	if err != nil {
		err = infrastructure(app, err)
	}
	history.Keep(app.Getenv, results, app.Err)
	if c.JSON {
		if werr := json.NewEncoder(app.Out).Encode(summaryOf(results, s.Journal())); err == nil {
			err = werr
		}
	} else {
		c.closing(app, results, s.Journal())
	}
	if err != nil {
		return err
	}
	return verdictStatus(results)
}

// copyRate is the yardstick of effective bandwidth, measured before anything else is.
func copyRate(ctx context.Context, kind string) (float64, error) {
	p, err := probe(ctx, kind, 0, nil, true)
	if err != nil || p.Calibration == nil {
		return 0, err
	}
	return p.Calibration.CopyBytesPerSecond, nil
}

// probeHealth lets a device do work in a process of its own. A simulated device
// has none that would tell more than opening it does.
func probeHealth(ctx context.Context, kind string) error {
	_, err := probe(ctx, kind, 0, nil, kind != string(metal.Sim))
	return err
}

func infrastructure(app *App, err error) error {
	if errors.Is(err, context.Canceled) {
		err = errors.New("interrupted")
	}
	return app.fail(err, exitInfrastructure)
}

// reporter shows progress: people get it on stderr and each result on stdout
// when its experiment ends, programs get one JSON object per line.
func (c *runCommand) reporter(app *App) func(session.Event) {
	if c.JSON {
		var mu sync.Mutex
		enc := json.NewEncoder(app.Out)
		return func(e session.Event) {
			mu.Lock()
			defer mu.Unlock()
			_ = enc.Encode(e)
		}
	}
	p := report.NewProgress(app.Err, app.style(app.Err), terminal(app.Err))
	return func(e session.Event) {
		p.Show(e)
		if e.Kind == session.ExperimentEnds {
			report.Result(app.Out, e.Result, app.style(app.Out))
		}
	}
}

// closing says where the time went and where things are.
func (c *runCommand) closing(app *App, results []*record.Result, journal string) {
	if len(results) == 0 {
		return
	}
	report.Summary(app.Out, results, app.style(app.Out))
	fmt.Fprintf(app.Out, "journal: %s\n", relative(journal))
}

// summary is the last line of `run --json`.
type summary struct {
	Event   string         `json:"event"` // "session_ends"
	Journal string         `json:"journal"`
	Results []resultSketch `json:"results"`
}

type resultSketch struct {
	Experiment string        `json:"experiment"`
	Status     record.Status `json:"status"`
	Verdict    string        `json:"verdict"`
}

func summaryOf(results []*record.Result, journal string) summary {
	s := summary{Event: "session_ends", Journal: relative(journal), Results: []resultSketch{}}
	for _, r := range results {
		s.Results = append(s.Results, resultSketch{r.Experiment.Name, r.Status, r.Verdict})
	}
	return s
}

// verdictStatus turns results into an exit status: a fail is an answer and
// comes first, then what kept answers from being found.
func verdictStatus(results []*record.Result) error {
	worst := exitOK
	rank := map[int]int{exitOK: 0, exitInconclusive: 1, exitInfrastructure: 2, exitFail: 3}
	for _, r := range results {
		code := exitOK
		switch {
		case r.Verdict == "fail":
			code = exitFail
		case r.Status == record.Crashed || r.Status == record.Hung || r.Status == record.Partial:
			code = exitInfrastructure
		case r.Verdict == "inconclusive" || r.Verdict == "invalid":
			code = exitInconclusive
		}
		if rank[code] > rank[worst] {
			worst = code
		}
	}
	if worst == exitOK {
		return nil
	}
	return status(worst)
}
