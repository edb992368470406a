package metallib

import (
	"bytes"
	"encoding/binary"
	"flag"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/metrics"
	"slices"
	"testing"

	"github.com/assay-bench/assay/metal/metallib/metallibtest"
)

// A read of bytes may take this much memory in all, what is freed included. What
// compilers write takes less than a tenth of it; TestDense has what is made to take
// much.
const (
	mostPerByte = 128
	mostAnyway  = 256 << 10
)

// bounded: a read of so many bytes takes no more memory than their number allows.
func bounded(t *testing.T, size int, read func()) {
	t.Helper()
	most := uint64(mostAnyway + mostPerByte*size)
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	before := sample[0].Value.Uint64()
	read()
	metrics.Read(sample)
	if sample[0].Value.Uint64()-before <= most {
		return
	}
	// That is cheap, and counts small allocations late: those before the read too.
	var begin, end runtime.MemStats
	runtime.ReadMemStats(&begin)
	read()
	runtime.ReadMemStats(&end)
	if took := end.TotalAlloc - begin.TotalAlloc; took > most {
		t.Fatalf("%d bytes were allocated to read %d", took, size)
	}
}

// readAll: whatever the bytes are, reading ends, with little memory.
func readAll(t *testing.T, data []byte) {
	t.Helper()
	var l *Library
	bounded(t, len(data), func() { l, _ = read("fuzz", bytes.NewReader(data), int64(len(data))) })
	if l != nil {
		names := l.Names()
		for _, name := range names[:min(len(names), 8)] {
			bounded(t, len(data), func() {
				if f, err := l.Function(name); err == nil {
					f.Signature()
				}
			})
		}
	}
	bounded(t, len(data), func() { signature("fuzz", "k", data) })
}

// FuzzRead: bytes are read as a library, and as bitcode.
func FuzzRead(f *testing.F) {
	whole, modules := seeds(f)
	f.Add(whole)
	for _, m := range modules {
		f.Add(m.Bitcode)
		f.Add(metallibtest.Library(m))
	}
	f.Fuzz(readAll)
}

// seeds are the committed library and its modules without their wrappers.
func seeds(t testing.TB) (whole []byte, modules []metallibtest.Module) {
	t.Helper()
	whole, err := os.ReadFile(kernels)
	if err != nil {
		t.Fatal(err)
	}
	l, err := Open(kernels)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, name := range l.Names() {
		f, err := l.Function(name)
		if err != nil {
			t.Fatal(err)
		}
		code := f.Bitcode[20:]
		modules = append(modules, metallibtest.Module{Name: name, Bitcode: code[:binary.LittleEndian.Uint32(f.Bitcode[12:])]})
	}
	return whole, modules
}

var mutants = flag.Int("mutants", 3000, "how many libraries TestMutants makes")

// TestMutants: libraries of which a few bits were changed, in the container or in
// the bitcode, whose hash is right then.
func TestMutants(t *testing.T) {
	whole, modules := seeds(t)
	r := rand.New(rand.NewPCG(1, 2))
	read := 0
	for i := range *mutants {
		if i%4 == 0 {
			readAll(t, mutate(r, whole))
			continue
		}
		m := modules[r.IntN(len(modules))]
		m.Bitcode = mutate(r, m.Bitcode)
		data := metallibtest.Library(m)
		readAll(t, data)
		if _, err := signature("fuzz", m.Name, m.Bitcode); err == nil {
			read++
		}
	}
	if read == 0 {
		t.Error("no mutant of bitcode had a signature")
	}
}

// mutate changes a few bits, words or runs, or cuts off the end.
func mutate(r *rand.Rand, data []byte) []byte {
	data = slices.Clone(data)
	for range 1 + r.IntN(4) {
		if len(data) < 16 {
			break
		}
		a, b := r.IntN(len(data)-8), r.IntN(len(data)-8)
		switch r.IntN(8) {
		case 0:
			data = data[:a]
		case 1:
			binary.LittleEndian.PutUint32(data[a:], 0xFFFFFFFF)
		case 2:
			binary.LittleEndian.PutUint32(data[a:], r.Uint32())
		case 3:
			copy(data[a:], data[b:min(len(data), b+1+r.IntN(64))])
		case 4:
			data = slices.Delete(data, a, a+1+r.IntN(8))
		default:
			data[a] ^= 1 << r.IntN(8)
		}
	}
	return data
}
