package cli

import (
	"context"
	"errors"
	"os/exec"
	"strings"

	"github.com/assay-bench/assay/metal/devices"
)

// probeCommand is what the host runs to ask a device in a process of its own.
type probeCommand struct {
	Kind string `arg:"" help:"apple, cuda, cpu, sim or auto."`
}

func (c *probeCommand) Run(ctx context.Context, app *App) error {
	dev, err := devices.Open(ctx, c.Kind)
	if err != nil {
		return err
	}
	defer dev.Close()
	return app.printJSON(dev.Info())
}

// exitText is what a failed subprocess said, without its "assay:" prefix.
func exitText(err error) string {
	var exit *exec.ExitError
	if errors.As(err, &exit) && len(exit.Stderr) > 0 {
		return strings.TrimPrefix(strings.TrimSpace(string(exit.Stderr)), "assay: ")
	}
	return err.Error()
}
