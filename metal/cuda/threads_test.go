package cuda

import (
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/internal/compilecache"
)

// In the core dumps endless and barrier, a run of broken.metal hangs and the next
// one waits for it in the entry point. TestFaultsEndAsErrors has their sources.
func TestFindThreads(t *testing.T) {
	place := func(line, threads int) crowd {
		return crowd{spot{symbol: "assay_broken", file: "broken.metal", line: line}, threads}
	}
	for name, want := range map[string][]crowd{
		"endless": {place(5, 64)},
		"barrier": {place(7, 32), place(9, 32)},
	} {
		got, err := findThreads(bytes.NewReader(dump(t, name)))
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %+v, %v, want %+v", name, got, err, want)
		}
	}
}

func TestFindThreadsSaysWhatIsMissing(t *testing.T) {
	whole := dump(t, "endless")
	for want, change := range map[string]func([]byte) []byte{
		"EOF":             func([]byte) []byte { return nil },
		"core dump":       func(d []byte) []byte { return d[:len(d)/2] },
		"no thread is on": func(d []byte) []byte { return bytes.ReplaceAll(d, []byte(".cudbg.lntbl"), []byte(".cudbg.other")) },
		"no module holds": func(d []byte) []byte { return bytes.ReplaceAll(d, []byte(".text.assay"), []byte(".data.assay")) },
		"no line table": func(d []byte) []byte {
			return bytes.ReplaceAll(d, []byte(".debug_line\x00"), []byte(".debug_none\x00"))
		},
		"has no line": func(d []byte) []byte { return bytes.ReplaceAll(d, []byte("\x00\x09\x02"), []byte("\x00\x09\x80")) }, // set_address
	} {
		if at, err := findThreads(bytes.NewReader(change(bytes.Clone(whole)))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v, error %v, want %q", at, err, want)
		}
	}
	for n := 0; n < len(whole); n += 9973 {
		if at, err := findThreads(bytes.NewReader(whole[:n])); err == nil {
			t.Errorf("the first %d bytes of a dump give %+v", n, at)
		}
	}
}

// TestThreadsThatWait: threads in an entry point count only if there are no others.
func TestThreadsThatWait(t *testing.T) {
	f, err := elf.NewFile(bytes.NewReader(dump(t, "endless")))
	if err != nil {
		t.Fatal(err)
	}
	var entry, body uint64
	for _, s := range f.Sections {
		if !strings.HasPrefix(s.Name, lanes) {
			continue
		}
		row := make([]byte, 8)
		if _, err := s.ReadAt(row, 0); err != nil {
			t.Fatal(err)
		}
		pc := f.ByteOrder.Uint64(row)
		if at, err := spotOf(f, pc); err != nil {
			t.Fatal(err)
		} else if at.entry {
			entry = pc
		} else {
			body = pc
		}
	}
	if got, err := gather(f, map[uint64]int{entry: 99, body: 1, 1 << 40: 5}); err != nil || len(got) != 1 || got[0].entry || got[0].threads != 1 {
		t.Errorf("beside one in the body: %+v, %v", got, err)
	}
	if got, err := gather(f, map[uint64]int{entry: 99}); err != nil || len(got) != 1 || !got[0].entry || got[0].line != 3 {
		t.Errorf("alone: %+v, %v", got, err)
	}
	if got, err := gather(f, map[uint64]int{1 << 40: 5}); err == nil {
		t.Errorf("elsewhere: %+v", got)
	}
}

func TestDescribe(t *testing.T) {
	var at []crowd
	for line := range 5 {
		at = append(at, crowd{spot{file: "k.metal", line: line + 10}, 32})
	}
	for n, want := range map[int]string{
		1: "at k.metal:10 (32 threads)",
		3: "at k.metal:10 (32 threads), k.metal:11 (32 threads), k.metal:12 (32 threads)",
		5: "at k.metal:10 (32 threads), k.metal:11 (32 threads), k.metal:12 (32 threads), and at 2 more lines",
	} {
		if got := describe(at[:n]); got != want {
			t.Errorf("%d lines: %q, want %q", n, got, want)
		}
	}
}

// hang runs two kernels of which one does not end, on a driver that leaves a core
// dump when it is asked for one, unless dumped is empty.
func hang(ctx context.Context, t *testing.T, c cache, query func(int) result, dumped string) (string, *device) {
	t.Helper()
	r := started(t, c)
	d := r.own
	d.timeout = time.Millisecond
	d.origins = map[string]origin{"broken": {"a", "assay_broken"}, "sound": {"b", "assay_sound"}}
	if dumped != "" {
		if err := syscall.Mkfifo(d.pipe, 0o600); err != nil {
			t.Fatal(err)
		}
		// As the driver: both ends are open, so that a request has a reader.
		pipe, err := os.OpenFile(d.pipe, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		to, data := d.dump, dump(t, dumped)
		done := make(chan error)
		go func() {
			_, err := io.ReadFull(pipe, make([]byte, 1))
			done <- errors.Join(err, os.WriteFile(to, data, 0o600))
		}()
		defer func() {
			if err := errors.Join(<-done, pipe.Close()); err != nil {
				t.Error(err)
			}
		}()
	}
	r.f.fails["cuEventQuery"] = query
	_, err := r.Submit(ctx, []metal.Dispatch{r.dispatch("sound"), r.dispatch("broken")})
	if !errors.Is(err, metal.ErrTimeout) {
		t.Fatalf("error %v, want a timeout", err)
	}
	return err.Error(), d
}

// TestAHangIsNamedWithItsLines: as a fault, and a wait that the caller gave up
// accuses nobody.
func TestAHangIsNamedWithItsLines(t *testing.T) {
	c := cache{compilecache.Dir(t.TempDir())}
	gone, cancel := context.WithCancel(t.Context())
	says, _ := hang(gone, t, c, func(int) result { cancel(); return notReady }, "")
	if strings.Contains(says, "again") || c.faultedLately() {
		t.Errorf("a run that was called off says %q", says)
	}
	says, d := hang(t.Context(), t, c, always(notReady), "")
	if !strings.Contains(says, "one of kernels [broken sound] (run it again to learn the line)") || d.dump != "" {
		t.Errorf("the first hang says %q", says)
	}
	says, d = hang(t.Context(), t, c, always(notReady), "barrier")
	if !strings.Contains(says, "kernel broken at broken.metal:7 (32 threads), broken.metal:9 (32 threads): device did not finish") || d.dump != "" {
		t.Errorf("the second hang says %q, dump %q", says, d.dump)
	}
	if c.faultedLately() {
		t.Error("a hang whose lines are known is still asked for")
	}
}

// TestAHangWithoutRequests: a driver that takes none is not waited for.
func TestAHangWithoutRequests(t *testing.T) {
	c := cache{compilecache.Dir(t.TempDir())}
	c.markFault("a")
	r := started(t, c)
	r.own.timeout, r.own.pipe = time.Millisecond, ""
	r.f.fails["cuEventQuery"] = always(notReady)
	_, err := r.Submit(t.Context(), []metal.Dispatch{r.dispatch("k")})
	if err == nil || !strings.Contains(err.Error(), "kernel k (the same run on the sim device names the line") {
		t.Errorf("error %v", err)
	}
}

// TestOpenWithoutLines: a driver that makes no context while lines are asked for
// makes one without.
func TestOpenWithoutLines(t *testing.T) {
	d, f := fakeDevice(t)
	d.cache = cache{compilecache.Dir(t.TempDir())}
	d.cache.markFault("a")
	f.fails["cuDevicePrimaryCtxRetain"] = func(call int) result {
		if call == 1 {
			return operatingSystem
		}
		return success
	}
	if err := d.start(0); err != nil || d.dump != "" || d.pipe != "" || d.info.Facts["fault_lines"] != "" {
		t.Errorf("error %v, dump %q, pipe %q, facts %v", err, d.dump, d.pipe, d.info.Facts)
	}
	f.fails["cuDevicePrimaryCtxRetain"] = always(operatingSystem)
	if err := d.start(0); err == nil || !strings.Contains(err.Error(), "cuDevicePrimaryCtxRetain") {
		t.Errorf("error %v of a driver that makes none at all", err)
	}
}

const operatingSystem result = 304 // CUDA_ERROR_OPERATING_SYSTEM
