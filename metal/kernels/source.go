package kernels

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"strconv"
	"strings"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/quant"
)

// Files holds every kernel source and, in shared, what comes before them.
//
//go:embed *.metal shared/*.metal
var Files embed.FS

// sharedFiles come before a kernel source, in this order.
func (s specialization) sharedFiles() []string {
	if s.bits == 0 {
		return []string{"base"}
	}
	return []string{"base", "codes", "activations", "sums", "rows", "batch"}
}

// specialization is what one compiled kernel is for. Bits and Group are 0 for
// ops without quantized weights.
type specialization struct {
	op          string // with the combine mode where the op has one
	dt          dtype.DType
	bits, group int
}

func quantized(op string, f quant.Format) specialization {
	return specialization{op, f.DType, f.Bits, f.Group}
}

func (s specialization) suffix() string {
	if s.bits == 0 {
		return s.dt.String()
	}
	return quant.Format{Bits: s.bits, Group: s.group, DType: s.dt}.String()
}

func (s specialization) name() string { return s.op + "_" + s.suffix() }

var kernelName = regexp.MustCompile(`^([a-z0-9_]+?)_(f32|f16|bf16)(?:_b(\d)_g(\d+))?$`)

// parseName takes a kernel's host name apart.
func parseName(name string) (specialization, error) {
	m := kernelName.FindStringSubmatch(name)
	if m == nil {
		return specialization{}, fmt.Errorf("kernel %q: %w: want a name such as gather_qmm_bf16_b4_g64", name, metal.ErrNoKernel)
	}
	s := specialization{op: m[1]}
	s.dt, _ = dtype.Parse(m[2])     // the pattern admits only its names
	s.bits, _ = strconv.Atoi(m[3])  // empty is 0
	s.group, _ = strconv.Atoi(m[4]) // likewise
	return s, nil
}

// fileOf names the source that holds an op: the file named for it or, for
// modes and variants of an op, for as much of its beginning as names a file.
func fileOf(op string) string {
	for base := op; ; {
		if _, err := fs.Stat(Files, base+".metal"); err == nil {
			return base + ".metal"
		}
		cut := strings.LastIndexByte(base, '_')
		if cut < 0 {
			return op + ".metal"
		}
		base = base[:cut]
	}
}

// source is the text to compile for s: the file that has its op, after the
// shared ones. The cpu device needs none, so there a missing file is no error.
func (s specialization) source(kind metal.Kind) (metal.Source, error) {
	file := fileOf(s.op)
	src := metal.Source{Name: file, Defines: map[string]string{
		"ASSAY_T":      map[dtype.DType]string{dtype.F32: "float", dtype.F16: "half", dtype.BF16: "bfloat"}[s.dt],
		"ASSAY_SUFFIX": s.suffix(),
	}}
	if s.bits != 0 {
		src.Defines["ASSAY_BITS"] = strconv.Itoa(s.bits)
		src.Defines["ASSAY_GROUP"] = strconv.Itoa(s.group)
		maps.Copy(src.Defines, tuning(kind, s.op))
	}
	if kind == metal.CPU {
		return src, nil
	}
	var all strings.Builder
	add := func(file string) error {
		text, err := fs.ReadFile(Files, file)
		// #line keeps the compiler's messages on the file's own lines.
		fmt.Fprintf(&all, "#line 1 %q\n%s\n", file, text)
		return err
	}
	for _, name := range s.sharedFiles() {
		if err := add("shared/" + name + ".metal"); err != nil {
			return src, err
		}
	}
	if err := add(file); err != nil {
		return src, fmt.Errorf("kernel %s: %w: no source %s", s.name(), metal.ErrNoKernel, file)
	}
	src.Text = all.String()
	return src, nil
}

// SourceOf is the source that holds the kernel of that host name, specialised
// for it, as a device compiles it.
func SourceOf(name string) (metal.Source, error) {
	s, err := parseName(name)
	if err != nil {
		return metal.Source{}, err
	}
	return s.source(metal.Sim)
}
