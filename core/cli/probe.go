package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/assay-bench/assay/core/internal/crash"
	"github.com/assay-bench/assay/core/internal/proctree"
	"github.com/assay-bench/assay/core/sdk/wire"
	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/devices"
)

// probeCommand is what the host runs to ask a device in a process of its own.
type probeCommand struct {
	Kind      string   `arg:"" help:"apple, cuda, cpu, sim or auto."`
	Index     int      `name:"index" help:"Which device of the kind, from 0."`
	Count     bool     `name:"count" help:"Only count the devices of the kind."`
	Among     []string `name:"among" help:"The kinds that auto may choose from; all if not given."`
	Calibrate bool     `name:"calibrate" help:"Also measure memory bandwidth and launch latency."`
}

// probed is what a probe prints.
type probed struct {
	Count       int                  `json:"count,omitempty"` // of the kind, where that was asked
	Info        metal.Info           `json:"info"`
	Calibration *devices.Calibration `json:"calibration,omitempty"`
}

func (c *probeCommand) Run(ctx context.Context, app *App) error {
	if fd, err := strconv.Atoi(app.Getenv(wire.EnvLifeline)); err == nil {
		crash.Go(func() { endWith(os.NewFile(uintptr(fd), "lifeline")) })
	}
	if c.Count {
		n, err := devices.Count(c.Kind)
		if err != nil {
			return err
		}
		return app.printJSON(probed{Count: n})
	}
	dev, err := devices.Among(ctx, devices.Open, c.Kind, c.Index, c.Among)
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

// endWith ends a probe with the host that asked for it, however that ended: a
// driver may keep it for ever.
func endWith(lifeline *os.File) {
	if _, err := io.Copy(io.Discard, lifeline); err == nil {
		os.Exit(int(interruption) + int(syscall.SIGHUP))
	}
}

// probeTimeout bounds a device that hangs. A first start on a GPU compiles.
const probeTimeout = 60 * time.Second

// probe asks the device of that kind and index, for auto one among the kinds, in
// a process of its own: a driver that crashes or hangs must not take the host
// along.
func probe(ctx context.Context, kind string, index int, among []string, calibrate bool) (probed, error) {
	args := []string{kind, "--index=" + strconv.Itoa(index), "--among=" + strings.Join(among, ",")}
	if calibrate {
		args = append(args, "--calibrate")
	}
	return probeWith(ctx, args)
}

// countDevices is how many devices of a kind there are, asked in a process of its
// own too.
func countDevices(ctx context.Context, kind string) (int, error) {
	p, err := probeWith(ctx, []string{kind, "--count"})
	return p.Count, err
}

func probeWith(ctx context.Context, args []string) (probed, error) {
	var p probed
	self, err := os.Executable()
	if err != nil {
		return p, err
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	var out, complaint bytes.Buffer
	cmd := exec.Command(self, append([]string{"probe-device"}, args...)...)
	cmd.Stdout, cmd.Stderr = &out, &complaint
	hear, lifeline, err := os.Pipe()
	if err != nil {
		return p, err
	}
	defer lifeline.Close()
	defer hear.Close()
	cmd.Env, cmd.ExtraFiles = append(os.Environ(), wire.EnvLifeline+"=3"), []*os.File{hear} // descriptor 3
	err = proctree.Run(ctx, cmd, 0)
	switch said := strings.TrimSpace(complaint.String()); {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return p, fmt.Errorf("device %s: the driver did not answer within %v; a device that hangs needs a restart of the machine, or of its driver", args[0], probeTimeout)
	case ctx.Err() != nil:
		return p, ctx.Err()
	case err != nil && said != "":
		return p, errors.New(strings.TrimPrefix(said, "assay: "))
	case err != nil:
		return p, fmt.Errorf("device %s: the process that asks it ended: %w", args[0], err)
	}
	if err := json.Unmarshal(out.Bytes(), &p); err != nil {
		return p, fmt.Errorf("device %s: %w", args[0], err)
	}
	return p, nil
}
