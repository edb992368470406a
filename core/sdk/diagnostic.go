package sdk

import (
	"errors"
	"fmt"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/metal"
)

// Diagnostic is a problem that a user can fix by changing the configuration or
// the machine. Returned by Validate, or as an error by Prepare and Propose.
type Diagnostic struct {
	Path    string // where in the configuration: "bits", "layers[2].bits", `scale["up"]`; empty: all of it
	Summary string // terse: "group size does not divide the hidden size"
	Detail  string // what to change: "2048 is not a multiple of 96; use 32, 64 or 128"
	Code    string // stable, for machines
	Warning bool   // advice that does not stop the experiment
}

// Error makes a Diagnostic usable as an error.
func (d Diagnostic) Error() string {
	text := d.Summary
	if d.Path != "" {
		text = d.Path + ": " + text
	}
	if d.Detail != "" {
		text += ": " + d.Detail
	}
	return text
}

func (d Diagnostic) proto() (*pluginv1.Diagnostic, error) {
	path, err := parsePath(d.Path)
	if err != nil {
		return nil, fmt.Errorf("diagnostic %q: %w", d.Summary, err)
	}
	severity := pluginv1.Diagnostic_SEVERITY_ERROR
	if d.Warning {
		severity = pluginv1.Diagnostic_SEVERITY_WARNING
	}
	return &pluginv1.Diagnostic{
		Severity: severity, Summary: d.Summary, Detail: d.Detail, Code: d.Code, Path: path,
	}, nil
}

func protoDiagnostics(list []Diagnostic) ([]*pluginv1.Diagnostic, error) {
	out := make([]*pluginv1.Diagnostic, 0, len(list))
	for _, d := range list {
		p, err := d.proto()
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// Faults is what Prepare and Propose return of diagnostics; nil if there are none.
func Faults(list []Diagnostic) error {
	errs := make([]error, 0, len(list))
	for _, d := range list {
		errs = append(errs, d)
	}
	return errors.Join(errs...)
}

// diagnosticsOf collects the diagnostics in err, through Join and %w.
func diagnosticsOf(err error) []Diagnostic {
	switch e := err.(type) { //nolint:errorlint // walks the tree itself, to find every diagnostic
	case Diagnostic:
		return []Diagnostic{e}
	case *Diagnostic:
		return []Diagnostic{*e}
	case interface{ Unwrap() []error }:
		var out []Diagnostic
		for _, inner := range e.Unwrap() {
			out = append(out, diagnosticsOf(inner)...)
		}
		if len(out) > 0 {
			return out
		}
	}
	if inner := errors.Unwrap(err); inner != nil {
		if found := diagnosticsOf(inner); len(found) > 0 {
			return found
		}
	}
	return nil
}

// deviceAdvice turns errors of the device layer that a user can act on into
// diagnostics.
func deviceAdvice(err error) []Diagnostic {
	switch {
	case errors.Is(err, metal.ErrOutOfMemory):
		return []Diagnostic{{
			Summary: "out of device memory", Code: "out_of_device_memory",
			Detail: err.Error() + ". Use a smaller shape, fewer layers, or a device with more memory.",
		}}
	case errors.Is(err, metal.ErrUnavailable):
		return []Diagnostic{{
			Summary: "device is not available", Code: "device_unavailable", Detail: err.Error(),
		}}
	case errors.Is(err, metal.ErrCompile), errors.Is(err, metal.ErrNoKernel):
		return []Diagnostic{{
			Summary: "kernel cannot be built for this device", Code: "kernel_build", Detail: err.Error(),
		}}
	}
	return nil
}

// advice is diagnosticsOf, then deviceAdvice. Nil: err is neither, and the plugin
// is broken.
func advice(err error) []Diagnostic {
	if found := diagnosticsOf(err); found != nil {
		return found
	}
	return deviceAdvice(err)
}
