package cuda

import (
	"bytes"
	"compress/gzip"
	"debug/elf"
	"encoding/binary"
	"io"
	"os"
	"strings"
	"testing"
)

// dump is a core dump of an H200, cut down to a few tables and two modules. In
// line 4, broken.metal writes outofbounds, far from its buffer, or to one that is
// unbound.
func dump(t testing.TB, name string) []byte {
	t.Helper()
	f, err := os.Open("testdata/" + name + ".core.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestFindFault(t *testing.T) {
	for _, name := range []string{"outofbounds", "unbound"} {
		got, err := findFault(bytes.NewReader(dump(t, name)))
		if want := (spot{symbol: "assay_broken", file: "broken.metal", line: 4}); err != nil || got != want {
			t.Errorf("%s: found %+v, %v, want %+v", name, got, err, want)
		}
	}
}

func TestFindFaultSaysWhatIsMissing(t *testing.T) {
	whole := dump(t, "outofbounds")
	for want, change := range map[string]func([]byte) []byte{
		"EOF":              func([]byte) []byte { return []byte("not a core dump") },
		"core dump":        func(d []byte) []byte { return d[:len(d)/2] },
		"no fault is told": func(d []byte) []byte { return bytes.ReplaceAll(d, []byte(".cudbg.wptbl"), []byte(".cudbg.other")) },
		"no module holds":  func(d []byte) []byte { return bytes.ReplaceAll(d, []byte(".text.assay"), []byte(".data.assay")) },
		"no line table": func(d []byte) []byte {
			return bytes.ReplaceAll(d, []byte(".debug_line\x00"), []byte(".debug_none\x00"))
		},
	} {
		if _, err := findFault(bytes.NewReader(change(bytes.Clone(whole)))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
}

// sections finds the module with a line table in a core dump: its section
// header's offset, and where the line table begins.
func sections(t testing.TB, data []byte) (header, table int) {
	t.Helper()
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range f.Sections {
		if !strings.HasPrefix(s.Name, modules) {
			continue
		}
		module, err := elf.NewFile(s)
		if err != nil {
			t.Fatal(err)
		}
		if lines := module.Section(".debug_line"); lines != nil {
			const headers, headerSize = 0x28, 64 // of ELF64: where the headers' offset is, a header's size
			return int(binary.LittleEndian.Uint64(data[headers:])) + i*headerSize, int(s.Offset + lines.Offset)
		}
	}
	t.Fatal("no module has a line table")
	return 0, 0
}

func TestFindFaultInDamagedDumps(t *testing.T) {
	whole := dump(t, "outofbounds")
	header, table := sections(t, whole)
	const flags, size = 8, 32 // of a section header
	for name, c := range map[string]struct {
		change func([]byte)
		want   string
	}{
		"module said to be compressed": {func(d []byte) {
			d[header+flags+1] |= byte(elf.SHF_COMPRESSED >> 8)
		}, "no module holds"},
		"module larger than the dump": {func(d []byte) {
			binary.LittleEndian.PutUint64(d[header+size:], 1<<62)
		}, ""}, // what is needed of it is there
		"warps larger than the dump": {func(d []byte) {
			first := int(binary.LittleEndian.Uint64(d[0x28:])) + 64
			binary.LittleEndian.PutUint64(d[first+size:], 1<<62)
		}, "too large"},
		"file of a negative number": {func(d []byte) {
			program := table + 10 + int(binary.LittleEndian.Uint32(d[table+6:]))
			copy(d[program:], "\x04\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01") // DW_LNS_set_file
		}, "no line"},
	} {
		d := bytes.Clone(whole)
		c.change(d)
		at, err := findFault(bytes.NewReader(d))
		if c.want == "" && (err != nil || at.line != 4) {
			t.Errorf("%s: found %+v, %v, want line 4", name, at, err)
		}
		if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: found %+v, %v, want an error with %q", name, at, err, c.want)
		}
	}
	for n := 0; n < len(whole); n += 97 {
		if at, err := findFault(bytes.NewReader(whole[:n])); err == nil {
			t.Errorf("the first %d bytes of a dump give %+v", n, at)
		}
	}
}

// FuzzFindFault: a damaged dump gives an error, not a panic. Without a value the
// dump ends at the place.
func FuzzFindFault(f *testing.F) {
	small := [][]byte{dump(f, "outofbounds"), dump(f, "unbound")}
	large := dump(f, "barrier") // ten times as long
	header, table := sections(f, small[0])
	for _, at := range []int{0, 0x28, header, header + 32, table, table + 10, len(small[0]) - 64} {
		for _, which := range []uint8{0, 1, 255} {
			f.Add(which, uint(at), []byte("\xff\xff\xff\xff\xff\xff\xff\x7f"))
			f.Add(which, uint(at), []byte{})
		}
	}
	f.Fuzz(func(_ *testing.T, which uint8, at uint, value []byte) {
		d := large
		if which < 250 {
			d = small[int(which)%len(small)]
		}
		at %= uint(len(d))
		changed := bytes.Clone(d)
		if copy(changed[at:], value) == 0 {
			changed = changed[:at]
		}
		_, _ = findFault(bytes.NewReader(changed))
		_, _ = findThreads(bytes.NewReader(changed))
	})
}

// FuzzFindFaultLines puts other bytes in the place of the line table.
func FuzzFindFaultLines(f *testing.F) {
	whole := dump(f, "outofbounds")
	_, table := sections(f, whole)
	length := 4 + int(binary.LittleEndian.Uint32(whole[table:]))
	f.Add(bytes.Clone(whole[table : table+length]))
	f.Add(tableOf(sequence(0x3000, 30), sequence(0x1000, 10)))
	f.Fuzz(func(_ *testing.T, data []byte) {
		d := bytes.Clone(whole)
		copy(d[table:table+length], data)
		_, _ = findFault(bytes.NewReader(d))
	})
}
