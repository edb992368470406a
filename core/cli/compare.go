package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/assay-bench/assay/core/compare"
	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/report"
)

type compareCommand struct {
	A      string `arg:"" type:"path" help:"A result document."`
	B      string `arg:"" type:"path" help:"Another one, usually a later session's."`
	Gate   bool   `name:"gate" help:"Judge B's variants against A's: a loss of the margin or more fails."`
	Margin share  `name:"margin" placeholder:"SHARE" default:"1%" help:"Loss that a gate overlooks, such as 1% or 0.01."`
	JSON   bool   `name:"json" help:"Print JSON."`

	publishing
}

// Validate is called by kong.
func (c *compareCommand) Validate() error {
	if !c.Gate && (c.Summary != "" || c.JUnit != "") {
		return errors.New("--summary and --junit tell a verdict: they need --gate")
	}
	return nil
}

// Help is printed by assay compare --help.
func (c *compareCommand) Help() string {
	return "Compares speeds against each session's own baseline by their intervals. Raw times are shown only when device, driver, OS, CPU, plugin, configuration and assay are the same.\n\n" +
		"With --gate, every variant of B is judged against the variant of its name in A: both against an arm of one program and configuration that both sessions have, by both sessions' intervals and noise floors. Without such an arm their times are compared, on the same machine only.\n\n" +
		"Exit status: 0 whatever changed; with --gate that of assay run on the gate's verdict, which is inconclusive where B was not measured to its end."
}

// gated is a report with the gate's judgements, as JSON.
type gated struct {
	*compare.Report
	Verdict    string            `json:"gate_verdict"`
	Judgements []judge.Judgement `json:"gate_judgements"`
}

func (c *compareCommand) Run(app *App) error {
	if err := c.publishing.check(); err != nil {
		return err
	}
	a, err := record.ReadReduced(c.A)
	if err != nil {
		return err
	}
	b, err := record.ReadReduced(c.B)
	if err != nil {
		return err
	}
	rep, err := compare.Compare(relative(c.A), relative(c.B), a, b)
	if err != nil {
		return err
	}
	if !c.Gate {
		if c.JSON {
			return app.printJSON(rep)
		}
		report.Compare(app.Out, rep, app.style(app.Out))
		return nil
	}
	gate, err := compare.Gate(relative(c.A), a, b, float64(c.Margin))
	if err != nil {
		return err
	}
	if c.JSON {
		out := gated{Report: rep, Verdict: gate.Verdict, Judgements: []judge.Judgement{}}
		for i := range gate.Cases {
			out.Judgements = append(out.Judgements, gate.Cases[i].Judgements...)
		}
		err = app.printJSON(out)
	} else {
		report.Compare(app.Out, rep, app.style(app.Out))
		report.Gate(app.Out, gate, float64(c.Margin), app.style(app.Out))
	}
	all := []*record.Result{gate}
	if err = errors.Join(err, c.publish(app, all, nil)); err != nil {
		return err
	}
	return verdictStatus(all)
}

// share is a fraction that may be written in percent.
type share float64

// UnmarshalText reads 1% or 0.01.
func (s *share) UnmarshalText(b []byte) error {
	text, percent := strings.CutSuffix(strings.TrimSpace(string(b)), "%")
	x, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if percent {
		x /= 100
	}
	if err != nil || !(x >= 0 && x < 1) {
		return fmt.Errorf("%q: a share from 0 to below 1 is required, such as 1%% or 0.01", b)
	}
	*s = share(x)
	return nil
}
