package sim

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/shirou/gopsutil/v4/mem"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/internal/front"
	"github.com/assay-bench/assay/metal/metallib"
)

// Options of the simulator; the zero value suits.
type Options struct {
	Compiler    string        // C++ compiler; empty for the best one found
	CacheDir    string        // compile cache; empty for the user's cache folder
	Timeout     time.Duration // longest wait without a threadgroup finishing; 0 for 20 s
	Workers     int           // threadgroups run at once; 0 for one per core
	MemoryLimit int64         // bytes of live buffers; 0 for what the machine had available at Open
}

// device is the backend.
type device struct {
	o         Options
	compiler  *compiler
	info      metal.Info
	host      *host // nil until a dispatch needs it, and after one died
	program   string
	temporary string // a cache folder to remove, or empty
	nextID    int    // of a memory
	closed    bool
	opened    []*metallib.Library // as Apple's compiler made them
}

// Open finds a compiler and builds the runtime. Without a compiler that will
// do, the error is metal.ErrUnavailable and says what to install.
func Open(ctx context.Context, o Options) (metal.Device, error) {
	if o.Timeout <= 0 {
		o.Timeout = 20 * time.Second
	}
	if o.Workers <= 0 {
		o.Workers = runtime.NumCPU()
	}
	d := &device{}
	opened := false
	defer func() {
		if !opened {
			_ = d.Close(func() {})
		}
	}()
	if dir, err := os.UserCacheDir(); o.CacheDir == "" && err == nil {
		o.CacheDir = filepath.Join(dir, "assay", "sim")
	} else if o.CacheDir == "" { // what is cached is run: only a folder of our own will do
		if d.temporary, err = os.MkdirTemp("", "assay-sim-*"); err != nil {
			return nil, fmt.Errorf("sim: compile cache: %w", err)
		}
		o.CacheDir = d.temporary
	}
	total := int64(0)
	if m, err := mem.VirtualMemoryWithContext(ctx); err == nil {
		total = int64(m.Total)
		if o.MemoryLimit == 0 {
			o.MemoryLimit = int64(m.Available)
		}
	}
	c, err := findCompiler(ctx, o)
	if err != nil {
		return nil, err
	}
	d.o, d.compiler = o, c
	if d.program, err = c.runtime(ctx); err != nil {
		return nil, err
	}
	d.info = metal.Info{
		Kind: metal.Sim, Name: "Metal simulator", Family: runtime.GOARCH, Cores: o.Workers, Memory: total,
		Driver: c.version, OSBuild: runtime.GOOS, Simulated: true,
		Facts: map[string]string{"compiler": c.path, "address_spaces": "checked"},
	}
	if why := c.spaces(); why != "" {
		d.info.Facts["address_spaces"] = why
	}
	opened = true
	return front.New(d), nil
}

func (d *device) Info() metal.Info { return d.info }

// Lost is nil always: a child that died is followed by another.
func (d *device) Lost() error { return nil }

// Close ends the child process and frees what is left.
func (d *device) Close(free func()) error {
	d.closed = true
	if d.host != nil {
		d.host.kill()
		d.host = nil
	}
	free()
	for _, l := range d.opened {
		_ = l.Close()
	}
	if d.temporary != "" {
		if err := os.RemoveAll(d.temporary); err != nil {
			return fmt.Errorf("sim: compile cache: %w", err)
		}
	}
	return nil
}
