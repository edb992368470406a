// Assay-plugin-exec times programs: a plugin without a device, whose
// configuration names what is timed.
package main

import (
	"context"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"time"

	"github.com/assay-bench/assay/core/sdk"
)

type program struct {
	Run  []string `assay:"run" help:"program and arguments, without a shell"`
	Unit string   `assay:"unit" help:"what one run produces" default:"call"`
}

type config struct {
	Dir   string             `assay:"dir" help:"folder that the programs run in" default:"." path:"true"`
	Phase map[string]program `assay:"phase" label:"name" help:"a program to time" min:"1"`
}

func plugin() sdk.Plugin[config] {
	return sdk.Plugin[config]{
		Name: "exec", Version: "0.1.0", Doc: "Times programs.",
		NoDevice: true, Declare: declare, Validate: validate, Prepare: prepare,
		Metrics: []sdk.Metric{{Name: "output", Unit: "B", Doc: "what all programs print", Better: sdk.BetterLower, Exact: true}},
	}
}

func main() { sdk.Serve(plugin()) }

// declare makes each program a phase of its own.
func declare(cfg config) (phases []sdk.Phase, metrics []sdk.Metric) {
	for _, name := range slices.Sorted(maps.Keys(cfg.Phase)) {
		phases = append(phases, sdk.Phase{Name: name, Doc: "one run", Unit: cfg.Phase[name].Unit, Single: true})
	}
	return phases, nil
}

func validate(cfg config) (found []sdk.Diagnostic) {
	for name, p := range cfg.Phase {
		if len(p.Run) == 0 {
			found = append(found, sdk.Diagnostic{Path: fmt.Sprintf("phase[%q].run", name), Summary: "nothing to run", Code: "empty_run"})
		}
	}
	return found
}

// programs is one prepared configuration.
type programs struct {
	config
	output int
}

func prepare(ctx context.Context, req sdk.Request[config]) (sdk.Case, error) {
	c := &programs{config: req.Config}
	for _, name := range req.Phases {
		printed, err := c.command(ctx, name).Output()
		if err != nil {
			return nil, sdk.UserError{Path: fmt.Sprintf("phase[%q].run", name), Summary: "the program fails", Detail: err.Error()}
		}
		c.output += len(printed)
	}
	return c, nil
}

func (c *programs) command(ctx context.Context, phase string) *exec.Cmd {
	argv := c.Phase[phase].Run
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir = c.Dir
	return cmd
}

func (c *programs) Prepared() sdk.Prepared {
	p := sdk.Prepared{Metrics: map[string]float64{"output": float64(c.output)}, Phases: map[string]sdk.PhaseFacts{}}
	for name := range c.Phase {
		p.Phases[name] = sdk.PhaseFacts{Units: 1}
	}
	return p
}

func (c *programs) Run(ctx context.Context, phase string, n int) (sdk.Times, error) {
	began := time.Now()
	for range n {
		if err := c.command(ctx, phase).Run(); err != nil {
			return sdk.Times{}, err
		}
	}
	took := time.Since(began)
	return sdk.Times{Wall: took, Device: took}, nil
}

func (c *programs) Check(context.Context) ([]sdk.Check, map[string]float64, error) {
	return nil, nil, nil
}

func (c *programs) Close() error { return nil }
