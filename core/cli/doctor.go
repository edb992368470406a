package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/assay-bench/assay/core/machine"
	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/devices"
)

type doctorCommand struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// finding is one thing doctor looked at.
type finding struct {
	Area string `json:"area"`
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	Note string `json:"note"`
	Fix  string `json:"fix,omitempty"` // what to do when not OK
}

func (c *doctorCommand) Run(ctx context.Context, app *App) error {
	var all []finding
	all = append(all, checkDevices(ctx)...)
	all = append(all, checkPlugins(ctx, app)...)
	all = append(all, checkMachine(ctx, machine.LockPath(app.Getenv))...)
	all = append(all, checkTools(ctx)...)
	if c.JSON {
		return app.printJSON(all)
	}
	area, style := "", app.style(app.Out)
	for _, f := range all {
		if f.Area != area {
			area = f.Area
			fmt.Fprintf(app.Out, "%s\n", style.Title(area))
		}
		mark := "ok"
		if !f.OK {
			mark = "--"
		}
		style.Item(app.Out, fmt.Sprintf("  %s  %-14s ", mark, f.Name), f.Note)
		if !f.OK && f.Fix != "" {
			style.Item(app.Out, fmt.Sprintf("      %-14s ", ""), "fix: "+f.Fix)
		}
	}
	return nil
}

// checkDevices asks each device in a process of its own.
func checkDevices(ctx context.Context) []finding {
	fixes := map[string]string{
		string(metal.Apple): "needs a Mac with Apple silicon",
		string(metal.CUDA):  "needs an NVIDIA GPU, its driver (nvidia-smi) and NVRTC (CUDA toolkit, or pip install nvidia-cuda-nvrtc)",
		string(metal.Sim):   "apt-get install g++ or clang (macOS: xcode-select --install)",
	}
	var out []finding
	for _, kind := range devices.Kinds() {
		if kind == devices.Auto {
			continue
		}
		n, err := countDevices(ctx, kind)
		if err != nil {
			out = append(out, finding{Area: "devices", Name: kind, Note: err.Error(), Fix: fixes[kind]})
			continue
		}
		for i := range max(n, 1) { // of none, the first says why
			f := checkDevice(ctx, kind, i)
			f.Fix = fixes[kind]
			out = append(out, f)
		}
	}
	return out
}

func checkDevice(ctx context.Context, kind string, index int) finding {
	f := finding{Area: "devices", Name: devices.Name(kind, index)}
	found, err := probe(ctx, kind, index, nil, true)
	if err != nil {
		f.Note = err.Error()
		return f
	}
	info := found.Info
	f.OK = true
	f.Note = fmt.Sprintf("%s %s, %d cores, %.1f GiB", info.Name, info.Family, info.Cores, float64(info.Memory)/(1<<30))
	if info.Driver != "" {
		f.Note += ", " + info.Driver
	}
	if spaces := info.Facts["address_spaces"]; spaces != "" {
		f.Note += ", address spaces of kernels " + spaces
	}
	if info.Simulated {
		f.Note += ", for correctness alone"
	}
	f.Note += yardsticks(found.Calibration, info.Simulated)
	return f
}

// yardsticks are what the device can do at best.
func yardsticks(c *devices.Calibration, simulated bool) string {
	if c == nil || simulated {
		return ""
	}
	return fmt.Sprintf(", reads %.1f GB/s, copies %.1f GB/s, launches in %v submitted and %v replayed",
		c.StreamBytesPerSecond/1e9, c.CopyBytesPerSecond/1e9, c.Submit.Round(10*time.Nanosecond), c.Replay.Round(10*time.Nanosecond))
}

func checkPlugins(ctx context.Context, app *App) []finding {
	const fix = "`assay init` installs those that experiments require, `make build` puts the first-party plugins into bin/plugins; --plugin-dir names other folders"
	reg, err := app.plugins(ctx, ".")
	if err != nil {
		return []finding{{Area: "plugins", Name: "folders", Note: err.Error(), Fix: fix}}
	}
	var out []finding
	for _, p := range reg.All() {
		out = append(out, finding{Area: "plugins", Name: p.Name, OK: true, Note: p.Version + "  " + relative(p.Path)})
	}
	for _, r := range reg.Unusable() {
		out = append(out, finding{Area: "plugins", Name: filepath.Base(r.Path), Note: relative(r.Path) + " was passed over: " + r.Reason, Fix: "mend it or take it away"})
	}
	if len(out) == 0 {
		out = append(out, finding{Area: "plugins", Name: "none", Note: "no plugin was found", Fix: fix})
	}
	var programs []string
	if self, err := os.Executable(); err == nil {
		programs = append(programs, self)
	}
	for _, p := range reg.Versions() {
		programs = append(programs, p.Path)
	}
	for _, r := range reg.Rejected() {
		programs = append(programs, r.Path)
	}
	return append(out, checkQuarantine(programs, machine.Quarantined)...)
}

// checkQuarantine names the folders with programs that macOS may refuse to start.
func checkQuarantine(programs []string, quarantined func(string) bool) []finding {
	var out []finding
	seen := map[string]bool{}
	for _, p := range programs {
		dir := filepath.Dir(p)
		if seen[dir] || !quarantined(p) {
			continue
		}
		seen[dir] = true
		out = append(out, finding{
			Area: "plugins", Name: "quarantine", Note: fmt.Sprintf("macOS quarantines %s, as it does with what was downloaded by a browser, and may refuse to start it", relative(p)),
			Fix: fmt.Sprintf("if you trust what is in that folder: xattr -dr com.apple.quarantine '%s'", strings.ReplaceAll(dir, "'", `'\''`)),
		})
	}
	return out
}

func checkMachine(ctx context.Context, lockPath string) []finding {
	host, env := machine.Facts(ctx), machine.Environment(ctx)
	busy, known := machine.ForeignLoad(ctx, loadWatch)
	power := finding{Area: "machine", Name: "power", OK: env.PowerSource != "battery" && !env.LowPower, Note: "not known", Fix: "plug in, and switch low-power mode off"}
	if env.PowerSource != "" {
		power.Note = env.PowerSource
	}
	thermal := finding{Area: "machine", Name: "thermal", OK: env.ThermalState == "" || env.ThermalState == "nominal", Note: "not known", Fix: "let the machine cool down"}
	if env.ThermalState != "" {
		thermal.Note = env.ThermalState
	}
	return []finding{
		{Area: "machine", Name: "host", OK: true, Note: fmt.Sprintf("%s/%s, %s, %d cores, %.1f GiB", host.OS, host.Arch, host.CPU, host.Cores, float64(host.Memory)/(1<<30))},
		checkLoad(busy, known, env.Load1), power, thermal, checkLock(ctx, lockPath), checkWritable(),
	}
}

// checkLock tries the lock and does not wait for it.
func checkLock(ctx context.Context, path string) finding {
	f := finding{Area: "machine", Name: "lock", OK: true, Note: path + " is free"}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	holder := ""
	l, err := machine.Acquire(ctx, path, "doctor", func(h string) { holder = h; cancel() })
	switch {
	case err == nil:
		_ = l.Release()
	case holder != "":
		f.OK, f.Note = false, path+" is held: "+holder
		f.Fix = "none needed: a run waits until that session ends, and says so"
	default:
		f.OK, f.Note = false, err.Error() // which says what to do
	}
	return f
}

// loadWatch is how long other programs are watched: long enough for a kernel
// that counts in hundredths of a second.
const loadWatch = 500 * time.Millisecond

// checkLoad says whether other programs leave the cores alone now. The load
// average, which still counts what assay itself did a minute ago, is only for
// systems that do not tell.
func checkLoad(busy float64, known bool, load1 float64) finding {
	f := finding{Area: "machine", Name: "load"}
	switch {
	case known && busy <= machine.QuietLoad:
		f.OK, f.Note = true, fmt.Sprintf("other programs keep %.2f cores busy now", busy)
	case known:
		f.Note = fmt.Sprintf("other programs keep %.2f cores busy now; from %g on they disturb what is measured", busy, machine.QuietLoad)
		f.Fix = "close them before measuring (`top` lists the busiest first); a run beside them repeats what they disturb, takes longer, and may stay inconclusive"
	case load1 < 0.5:
		f.OK, f.Note = true, fmt.Sprintf("%.2f over the last minute", load1)
	default:
		f.Note = fmt.Sprintf("%.2f over the last minute; this system does not tell whose it is", load1)
		f.Fix = "if assay measured in the last minutes, that is its own and does not matter; else close other programs before measuring"
	}
	return f
}

// checkWritable looks at the folders that a session writes to, as far as they exist.
func checkWritable() finding {
	f := finding{Area: "machine", Name: "results", OK: true, Fix: "make it writable, or run assay in a folder that you may write to"}
	for _, folder := range []string{filepath.Join("results", "runs"), "results", "."} {
		if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		dir, err := os.MkdirTemp(folder, ".assay-doctor-")
		if err != nil {
			f.OK, f.Note = false, err.Error()
			return f
		}
		_ = os.Remove(dir)
		if f.Note == "" {
			f.Note = folder + " is writable"
		}
	}
	return f
}

func checkTools(ctx context.Context) []finding {
	git := finding{Area: "metadata", Name: "git", OK: true, Fix: "commit the experiments: a win without a git SHA is not called one"}
	if sha, dirty, reason := machine.Git(ctx, "."); sha == nil {
		git.OK, git.Note = false, strings.TrimSpace(reason)
	} else if git.Note = *sha; dirty != nil && *dirty {
		git.Note += " with uncommitted changes"
	}
	mlx := finding{Area: "metadata", Name: "mlx", OK: true, Note: "not installed; results say so (only needed to compare with MLX)"}
	if v, _ := machine.MLXVersion(ctx); v != nil {
		mlx.Note = *v
	}
	return []finding{git, mlx}
}
