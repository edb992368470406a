// Assay-plugin-exec times programs: a plugin without a device, whose
// configuration names what is timed.
package main

import (
	"context"
	"fmt"
	"maps"
	"os/exec"
	"slices"

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

func prepare(ctx context.Context, req sdk.Request[config]) (*sdk.Prepared, error) {
	output, phases := 0.0, map[string]sdk.Timed{}
	for _, name := range req.Phases {
		command := func(ctx context.Context) *exec.Cmd {
			argv := req.Config.Phase[name].Run
			cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
			cmd.Dir = req.Config.Dir
			return cmd
		}
		printed, err := command(ctx).Output()
		if err != nil {
			return nil, sdk.Diagnostic{Path: fmt.Sprintf("phase[%q].run", name), Summary: "the program fails", Detail: err.Error()}
		}
		output += float64(len(printed))
		phases[name] = sdk.Timed{Units: 1, Run: func(ctx context.Context, n int) error {
			for range n {
				if err := command(ctx).Run(); err != nil {
					return err
				}
				sdk.Beat(ctx)
			}
			return nil
		}}
	}
	return &sdk.Prepared{Phases: phases, Metrics: map[string]float64{"output": output}}, nil
}
