package sdk

import (
	"context"
	"fmt"
	"reflect"
	"runtime/debug"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/sdk/wire"
)

// configuration is what one config_json comes to.
type configuration[C any] struct {
	value C
	typed bool         // value is what the schema asks for
	found []Diagnostic // faults and advice

	phases  []Phase // that it declares beside the plugin's
	metrics []Metric
	names   names // all that it has, the plugin's included
}

// read decodes a configuration, runs the author's own checks on it and asks what
// it declares. An error is a defect of the plugin.
func (s *server[C]) read(data []byte) (configuration[C], error) {
	var c configuration[C]
	if c.found = s.config.decode(data, reflect.ValueOf(&c.value)); len(c.found) > 0 {
		return c, nil
	}
	c.typed = true
	if s.plugin.Validate != nil {
		c.found = s.plugin.Validate(c.value)
	}
	if c.failed() {
		besideFaults(func() {
			if phases, metrics, all, err := s.declare(c.value); err == nil {
				c.phases, c.metrics, c.names = phases, metrics, all
			}
		})
		return c, nil
	}
	var err error
	c.phases, c.metrics, c.names, err = s.declare(c.value)
	if err == nil && len(c.names.phases) == 0 {
		c.found = append(c.found, Diagnostic{
			Summary: "nothing to time", Code: "no_phase",
			Detail: "This configuration declares no phase, and the plugin has none of its own.",
		})
	}
	return c, err
}

// readSafely is read that outlives a panic in what the author does with a
// configuration: no device is in use, and one that no host has checked may be
// anything.
func (s *server[C]) readSafely(data []byte) (c configuration[C], err error) {
	defer func() {
		if r := recover(); r != nil {
			s.log.Error("panic while validating", "panic", r, "stack", string(debug.Stack()))
			err = fmt.Errorf("validate: panic: %v", r)
		}
	}()
	return s.read(data)
}

// besideFaults asks an author's function about a configuration in which Validate
// found a fault, as far as it has an answer: the fault may be mended by a build
// that is still to come.
func besideFaults(ask func()) {
	defer func() { _ = recover() }()
	ask()
}

func (c *configuration[C]) failed() bool {
	for _, d := range c.found {
		if !d.Warning {
			return true
		}
	}
	return false
}

// ValidateConfig implements the protocol.
func (s *server[C]) ValidateConfig(_ context.Context, req *pluginv1.ValidateConfigRequest) (*pluginv1.ValidateConfigResponse, error) {
	c, err := s.readSafely(req.GetConfigJson())
	if err != nil {
		return nil, wire.Status(err)
	}
	list, err := protoDiagnostics(c.found)
	if err != nil {
		return nil, wire.Status(err)
	}
	r := &pluginv1.ValidateConfigResponse{Diagnostics: list}
	if !c.typed {
		return r, nil
	}
	r.Phases, r.Metrics = protoPhases(c.phases), protoMetrics(c.metrics)
	r.Starts = s.starts(c)
	if c.failed() {
		return r, nil
	}
	if s.plugin.Bytes != nil {
		r.DeviceBytes = s.plugin.Bytes(c.value)
	}
	return r, nil
}

// starts lists the programs that a configuration starts.
func (s *server[C]) starts(c configuration[C]) (out []*pluginv1.Command) {
	if s.plugin.Starts == nil {
		return nil
	}
	list := func() {
		for _, c := range s.plugin.Starts(c.value) {
			out = append(out, &pluginv1.Command{Argv: c.Argv, Folder: c.Folder})
		}
	}
	if c.failed() {
		besideFaults(list)
	} else {
		list()
	}
	return out
}

func protoPhases(list []Phase) []*pluginv1.Phase {
	var out []*pluginv1.Phase
	for _, p := range list {
		out = append(out, &pluginv1.Phase{Name: p.Name, Description: p.Doc, Unit: p.Unit, Single: p.Single})
	}
	return out
}

func protoMetrics(list []Metric) []*pluginv1.Metric {
	var out []*pluginv1.Metric
	for _, m := range list {
		out = append(out, &pluginv1.Metric{
			Name: m.Name, Unit: m.Unit, Description: m.Doc, Better: pluginv1.Metric_Better(m.Better), Exact: m.Exact,
		})
	}
	return out
}
