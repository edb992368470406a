package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/go-hclog"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/process"
	"github.com/assay-bench/assay/core/proto/pluginv1"
)

// validator lets programs look at configurations, in one process per program
// that opens no device.
type validator struct {
	*loaded
	log     hclog.Logger
	running map[string]*process.Process
	failed  map[string]error // programs that could not be started: no other configuration waits for them
	err     error            // the first: a plugin is broken
}

// maxRunning bounds the processes that are kept for the next configuration.
const maxRunning = 8

func (v *validator) validate(p config.Program, configJSON []byte) (*pluginv1.ValidateConfigResponse, error) {
	out, err := v.ask(p, configJSON)
	if err != nil && v.err == nil {
		if v.err = err; !errors.As(err, new(*process.DeathError)) { // which names the plugin
			v.err = fmt.Errorf("plugin %s: %w", p.Plugin, err)
		}
	}
	return out, err
}

func (v *validator) ask(p config.Program, configJSON []byte) (*pluginv1.ValidateConfigResponse, error) {
	running, err := v.start(p)
	if err != nil {
		return nil, err
	}
	return running.ValidateConfig(v.ctx, &pluginv1.ValidateConfigRequest{ConfigJson: configJSON, Device: p.Kind})
}

// start gives the process that looks at a program's configurations. An installed
// plugin has described itself without the arm's environment, and needs none to
// look at configurations either: a hundred environments are one process.
func (v *validator) start(p config.Program) (*process.Process, error) {
	if p.Binary == "" {
		p.Env, p.Inherit = nil, nil
	}
	key := fmt.Sprintf("%q %q %v %q", p.Plugin, p.Binary, p.Env, p.Inherit)
	if running := v.running[key]; running != nil {
		return running, nil
	}
	if err := v.failed[key]; err != nil {
		return nil, err
	}
	plugin, err := v.program(p)
	if err != nil {
		return nil, err
	}
	env, err := environment(p)
	if err != nil {
		return nil, err
	}
	if len(v.running) >= maxRunning {
		v.stop(v.ctx)
	}
	running, err := process.Start(v.ctx, process.Options{Path: plugin.Path, SHA256: plugin.SHA256, Name: plugin.Name, Logger: v.log, Env: env})
	if err != nil {
		v.failed[key] = err
		return nil, err
	}
	v.running[key] = running
	return running, nil
}

func (v *validator) stop(ctx context.Context) {
	for key, p := range v.running {
		p.Stop(ctx)
		delete(v.running, key)
	}
}
