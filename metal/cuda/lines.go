package cuda

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
	"unsafe"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/internal/front"
)

// A fault names the kernel but not the line, and a kernel that does not end says
// nothing at all: for the line the driver has to be asked, before there is a
// context, to leave a core dump with the state of each thread on the GPU, when a
// kernel faults or when it is told to through a pipe. That is too much to ask of
// every process. So a source that went wrong is remembered in the compile cache,
// and until a process has run it soundly or learnt the line, or an hour has
// passed, processes ask.

// Attributes and flags of core dumps. CUDA driver API, enums CUcoredumpSettings
// and CUCoredumpGenerationFlags.
const (
	dumpOnException = 1
	dumpTriggerHost = 2 // false: the process is not aborted; superseded by the flag
	dumpOnRequest   = 4
	dumpFile        = 5
	dumpPipe        = 6 // a byte written to it is a request
	dumpFlags       = 7
	// Everything that can be left out, and no abort.
	dumpLeast = 1<<0 | 1<<1 | 1<<2 | 1<<3 | 1<<4 | 1<<5
)

// dumpFolder is where the driver leaves its dump, below the system's folder for
// temporary files.
const dumpFolder = "assay-fault-"

// findLines has the driver leave a core dump when a kernel goes wrong, if one did
// lately. A driver that cannot do so without ending the process is not asked.
func (d *device) findLines() {
	if d.cu.CoredumpSetAttribute == 0 || !d.cache.faultedLately() {
		return
	}
	dropOldDumps()
	dir, err := os.MkdirTemp("", dumpFolder)
	if err != nil {
		return
	}
	d.dump = filepath.Join(dir, "gpu.core")
	flags := uint32(dumpLeast)
	quiet := d.setDump(dumpFlags, unsafe.Pointer(&flags), 4) || d.switchDump(dumpTriggerHost, false)
	if !quiet || !d.nameDump(dumpFile, d.dump) || !d.switchDump(dumpOnException, true) {
		d.stopFindingLines()
		return
	}
	d.info.Facts["fault_lines"] = "asked for: a kernel went wrong lately"
	pipe := filepath.Join(dir, "ask")
	if d.nameDump(dumpPipe, pipe) && d.switchDump(dumpOnRequest, true) {
		d.pipe = pipe
	}
}

// setDump sets an attribute of the core dumps of contexts that are made later, and
// reports whether the driver took it.
func (d *device) setDump(attribute int, value unsafe.Pointer, size uint64) bool {
	return d.cu.CoredumpSetAttribute.call(uintptr(attribute), uintptr(value), uintptr(unsafe.Pointer(&size))) == 0
}

func (d *device) switchDump(attribute int, on bool) bool {
	return d.setDump(attribute, unsafe.Pointer(&on), 1)
}

func (d *device) nameDump(attribute int, path string) bool {
	return d.setDump(attribute, unsafe.Pointer(cString(path)), uint64(len(path)+1))
}

// culprit names what was running when a fault came, and the line where that is
// known; where it is not, it sees to it that the next process finds out.
func (d *device) culprit(r result, running []string) string {
	if err, _ := r.class(); err == nil || r == launchTimeout {
		return front.Blame(metal.CUDA, running)
	}
	return d.accuse(running, func() (symbol, where string, err error) {
		f, err := os.Open(d.dump)
		if err != nil {
			return "", "", fmt.Errorf("core dump: %w", err)
		}
		defer f.Close()
		at, err := findFault(f)
		return at.symbol, fmt.Sprintf("at %s:%d", at.file, at.line), err
	})
}

// stuck is culprit for kernels that do not end.
func (d *device) stuck(ctx context.Context, running []string) string {
	if errors.Is(context.Cause(ctx), context.Canceled) { // nothing is wrong, the caller went away
		return front.Blame(metal.CUDA, running)
	}
	return d.accuse(running, func() (symbol, where string, err error) {
		at, err := d.whereThreadsAre(ctx)
		if err != nil {
			return "", "", err
		}
		return at[0].symbol, describe(at), nil
	})
}

// accuse names the kernels that find blames, with where they were, or all that
// were running if it cannot be asked or has no answer.
func (d *device) accuse(running []string, find func() (symbol, where string, err error)) string {
	who := front.Blame(metal.CUDA, running)
	if d.dump != "" {
		defer d.dropDump()
		symbol, where, err := find()
		if err != nil {
			return fmt.Sprintf("%s (the same run on the sim device names the line; %v)", who, err)
		}
		d.eachSource(running, d.cache.forgetFault)
		return front.Blame(metal.CUDA, d.ofSymbol(symbol, running)) + " " + where
	}
	d.eachSource(running, d.cache.markFault)
	if d.cache.dir == "" || d.cu.CoredumpSetAttribute == 0 {
		return who + " (the same run on the sim device names the line)"
	}
	return who + " (run it again to learn the line)"
}

// origin is where a kernel came from.
type origin struct {
	key    string // of its source and machine code in the cache
	symbol string // of its entry point
}

// ofSymbol is those of some kernels that have an entry point, or all if none has.
func (d *device) ofSymbol(symbol string, kernels []string) []string {
	var out []string
	for _, name := range kernels {
		if d.origins[name].symbol == symbol {
			out = append(out, name)
		}
	}
	if out == nil {
		return kernels
	}
	return out
}

// eachSource goes through the cache keys of kernels' sources.
func (d *device) eachSource(kernels []string, do func(key string)) {
	for _, name := range slices.Compact(slices.Sorted(slices.Values(kernels))) {
		if o, ok := d.origins[name]; ok {
			do(o.key)
		}
	}
}

// endLines cleans up when the device is closed: what ran here ran soundly,
// unless it is lost. A lost device's driver is asked nothing: with a kernel that
// runs it would not answer.
func (d *device) endLines() {
	if d.dump != "" && d.lost == nil {
		for _, o := range d.origins {
			d.cache.forgetFault(o.key)
		}
		d.stopFindingLines()
	}
	d.dropDump()
}

// stopFindingLines ends what findLines asked for: the driver would want its pipe in
// the same place for each context to come.
func (d *device) stopFindingLines() {
	d.switchDump(dumpOnException, false)
	d.switchDump(dumpOnRequest, false)
	delete(d.info.Facts, "fault_lines")
	d.dropDump()
}

func (d *device) dropDump() {
	if d.dump != "" {
		_ = os.RemoveAll(filepath.Dir(d.dump))
		d.dump, d.pipe = "", ""
	}
}

// dropOldDumps removes what processes left that were killed.
func dropOldDumps() {
	left, _ := filepath.Glob(filepath.Join(os.TempDir(), dumpFolder+"*"))
	for _, dir := range left {
		if info, err := os.Stat(dir); err == nil && time.Since(info.ModTime()) > faultKept {
			_ = os.RemoveAll(dir)
		}
	}
}
