package cuda

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"unsafe"
)

// A fault names the kernel but not the line: for that the driver has to be asked,
// before there is a context, to leave a core dump with the state of each thread
// on the GPU. That is too much to ask of every process. So a source that faults
// is remembered in the compile cache, and until a process has run it soundly or
// learnt the line, or an hour has passed, processes ask.

// Attributes and flags of core dumps. CUDA driver API, enums CUcoredumpSettings
// and CUCoredumpGenerationFlags.
const (
	dumpOnException = 1
	dumpTriggerHost = 2 // false: the process is not aborted; superseded by the flag
	dumpFile        = 5
	dumpFlags       = 7
	// Everything that can be left out, and no abort.
	dumpLeast = 1<<0 | 1<<1 | 1<<2 | 1<<3 | 1<<4 | 1<<5
)

// findLines has the driver leave a core dump when a kernel faults, if one did
// lately. A driver that cannot do so without ending the process is not asked.
func (d *Device) findLines() {
	if d.cu.CoredumpSetAttribute == 0 || !d.cache.faultedLately() {
		return
	}
	dir, err := os.MkdirTemp("", "assay-fault-")
	if err != nil {
		return
	}
	d.dump = filepath.Join(dir, "gpu.core")
	set := func(attribute int, value unsafe.Pointer, size uint64) bool {
		return d.cu.CoredumpSetAttribute.call(uintptr(attribute), uintptr(value), uintptr(unsafe.Pointer(&size))) == 0
	}
	file, yes, no, flags := cString(d.dump), byte(1), byte(0), uint32(dumpLeast)
	quiet := set(dumpFlags, unsafe.Pointer(&flags), 4) || set(dumpTriggerHost, unsafe.Pointer(&no), 1)
	if !quiet || !set(dumpFile, unsafe.Pointer(file), uint64(len(d.dump)+1)) || !set(dumpOnException, unsafe.Pointer(&yes), 1) {
		d.dropDump()
		return
	}
	d.info.Facts["fault_lines"] = "asked for: a kernel faulted lately"
}

// culprit names what was running when a fault came, and the line where that is
// known; where it is not, it sees to it that the next process finds out.
func (d *Device) culprit(r result, running []string) string {
	who := blame(running)
	if err, _ := r.class(); err == nil || r == launchTimeout {
		return who
	}
	if d.dump != "" {
		defer d.dropDump()
		at, err := d.readDump()
		if err != nil {
			return fmt.Sprintf("%s (the same run on the sim device names the line; %v)", who, err)
		}
		d.eachSource(running, d.cache.forgetFault)
		return fmt.Sprintf("%s at %s:%d", blame(d.ofSymbol(at.symbol, running)), at.file, at.line)
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
func (d *Device) ofSymbol(symbol string, kernels []string) []string {
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
func (d *Device) eachSource(kernels []string, do func(key string)) {
	for _, name := range slices.Compact(slices.Sorted(slices.Values(kernels))) {
		if o, ok := d.origins[name]; ok {
			do(o.key)
		}
	}
}

func (d *Device) readDump() (spot, error) {
	f, err := os.Open(d.dump)
	if err != nil {
		return spot{}, fmt.Errorf("core dump: %w", err)
	}
	defer f.Close()
	return findFault(f)
}

// endLines cleans up when the device is closed: what ran here ran soundly,
// unless it is lost.
func (d *Device) endLines() {
	if d.dump != "" && d.lost == nil {
		for _, o := range d.origins {
			d.cache.forgetFault(o.key)
		}
	}
	d.dropDump()
}

func (d *Device) dropDump() {
	if d.dump != "" {
		_ = os.RemoveAll(filepath.Dir(d.dump))
		d.dump = ""
	}
}
