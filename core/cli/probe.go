package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/devices"
)

// probeCommand is what the host runs to ask a device in a process of its own.
type probeCommand struct {
	Kind      string   `arg:"" help:"apple, cuda, cpu, sim or auto."`
	Among     []string `name:"among" help:"The kinds that auto may choose from; all if not given."`
	Calibrate bool     `name:"calibrate" help:"Also measure copy bandwidth and launch latency."`
}

// probed is what a probe prints.
type probed struct {
	Info        metal.Info           `json:"info"`
	Calibration *devices.Calibration `json:"calibration,omitempty"`
}

func (c *probeCommand) Run(ctx context.Context, app *App) error {
	dev, err := devices.Among(ctx, devices.Open, c.Kind, c.Among)
	if err != nil {
		return err
	}
	defer dev.Close()
	p := probed{Info: dev.Info()}
	if c.Calibrate {
		k, err := devices.Calibrate(ctx, dev)
		if err != nil {
			return err
		}
		p.Calibration = &k
	}
	return app.printJSON(p)
}

// probeTimeout bounds a device that hangs. A first start on a GPU compiles.
const probeTimeout = 60 * time.Second

// probe asks a device in a process of its own: a driver that crashes or hangs
// must not take the host along.
func probe(ctx context.Context, kind string, among []string, calibrate bool) (probed, error) {
	var p probed
	self, err := os.Executable()
	if err != nil {
		return p, err
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	args := []string{"probe-device", kind, "--among=" + strings.Join(among, ",")}
	if calibrate {
		args = append(args, "--calibrate")
	}
	out, err := exec.CommandContext(ctx, self, args...).Output()
	if err != nil {
		return p, errors.New(exitText(err))
	}
	if err := json.Unmarshal(out, &p); err != nil {
		return p, fmt.Errorf("device %s: %w", kind, err)
	}
	return p, nil
}

// exitText is what a failed subprocess said, without its "assay:" prefix.
func exitText(err error) string {
	var exit *exec.ExitError
	if errors.As(err, &exit) && len(exit.Stderr) > 0 {
		return strings.TrimPrefix(strings.TrimSpace(string(exit.Stderr)), "assay: ")
	}
	return err.Error()
}
