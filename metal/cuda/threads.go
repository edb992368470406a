package cuda

import (
	"cmp"
	"context"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/assay-bench/assay/metal"
)

// How long the driver may take to write a core dump, and how often it is looked
// for. A dump of all threads that an H200 can hold has some 300 MB.
const (
	dumpPatience = 10 * time.Second
	dumpLook     = 20 * time.Millisecond
)

// crowd is threads that are at one place.
type crowd struct {
	spot
	threads int
}

// whereThreadsAre asks the driver for a core dump and reads it, most threads
// first. The kernel goes on meanwhile, and after it.
func (d *device) whereThreadsAre(ctx context.Context) ([]crowd, error) {
	if d.pipe == "" {
		return nil, errors.New("the driver leaves no core dump of a running kernel")
	}
	ask, err := os.OpenFile(d.pipe, os.O_WRONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("core dump: %w", err)
	}
	_, err = ask.Write([]byte{1})
	if err = errors.Join(err, ask.Close()); err != nil {
		return nil, fmt.Errorf("core dump: %w", err)
	}
	size := int64(-1)
	for begin := time.Now(); time.Since(begin) < dumpPatience; time.Sleep(dumpLook) {
		metal.Beat(ctx) // the caller of a hanging kernel has lost patience
		info, statErr := os.Stat(d.dump)
		if statErr != nil || info.Size() != size { // not yet, or still being written
			if statErr == nil {
				size = info.Size()
			}
			err = errors.New("core dump: the driver wrote none")
			continue
		}
		var at []crowd
		if at, err = readThreads(d.dump); err == nil {
			return at, nil
		}
	}
	return nil, err
}

func readThreads(file string) ([]crowd, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("core dump: %w", err)
	}
	defer f.Close()
	return findThreads(f)
}

// Sections .cudbg.lntbl.* have a row for each thread of a warp, which begins with
// the address that the thread is at. Facts from cudacoredump.h of the CUDA toolkit.
const lanes = ".cudbg.lntbl."

// findThreads reads where threads are out of a core dump, most threads first.
// One that was cut off or is damaged gives an error.
func findThreads(dump io.ReaderAt) (at []crowd, err error) {
	defer func() {
		if r := recover(); r != nil { // as in findFault
			at, err = nil, fmt.Errorf("core dump: it is damaged: %v", r)
		}
	}()
	f, err := elf.NewFile(dump)
	if err != nil {
		return nil, fmt.Errorf("core dump: %w", err)
	}
	threads, left := map[uint64]int{}, uint64(maxTables)
	for _, s := range f.Sections {
		if !strings.HasPrefix(s.Name, lanes) || s.Entsize < 8 {
			continue
		}
		rows, err := contents(s, left)
		if err != nil {
			return nil, err
		}
		left -= s.Size
		for ; uint64(len(rows)) >= s.Entsize; rows = rows[s.Entsize:] {
			threads[binary.LittleEndian.Uint64(rows)]++
		}
	}
	if len(threads) == 0 {
		return nil, errors.New("core dump: no thread is on the GPU")
	}
	return gather(f, threads)
}

// gather counts the threads of each line, given those of each address. Threads in
// an entry point wait for the launch before theirs to end, and say nothing unless
// all do.
func gather(f *elf.File, threads map[uint64]int) ([]crowd, error) {
	lines, lost := map[spot]int{}, error(nil)
	for pc, n := range threads {
		at, err := spotOf(f, pc)
		if err != nil {
			lost = err // the driver's own code has no lines
			continue
		}
		lines[at] += n
	}
	var out []crowd
	for at, n := range lines {
		out = append(out, crowd{at, n})
	}
	if len(out) == 0 {
		return nil, lost
	}
	inside := slices.DeleteFunc(slices.Clone(out), func(c crowd) bool { return c.entry })
	if len(inside) > 0 {
		out = inside
	}
	slices.SortFunc(out, func(a, b crowd) int {
		return cmp.Or(cmp.Compare(b.threads, a.threads), strings.Compare(a.file, b.file), cmp.Compare(a.line, b.line))
	})
	return out, nil
}

// describe says where threads are, at up to three places.
func describe(at []crowd) string {
	const most = 3
	var places []string
	for i, c := range at {
		if i == most {
			places = append(places, fmt.Sprintf("and at %d more lines", len(at)-most))
			break
		}
		places = append(places, fmt.Sprintf("%s:%d (%d threads)", c.file, c.line, c.threads))
	}
	return "at " + strings.Join(places, ", ")
}
