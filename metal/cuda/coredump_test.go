package cuda

import (
	"bytes"
	"compress/gzip"
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
		if want := (spot{"assay_broken", "broken.metal", 4}); err != nil || got != want {
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

// FuzzFindFault: a damaged dump gives an error, not a panic.
func FuzzFindFault(f *testing.F) {
	f.Add(dump(f, "outofbounds"))
	f.Add(dump(f, "unbound"))
	f.Fuzz(func(_ *testing.T, data []byte) { _, _ = findFault(bytes.NewReader(data)) })
}
