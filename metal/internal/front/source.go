package front

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/metallib"
)

// takeLibraries are the kinds of device that take a compiled library.
var takeLibraries = []metal.Kind{metal.Apple, metal.Sim}

// source is a source as the backend gets it, and the digest of all that a kernel's
// code comes from: empty where native twins come from no source.
func (d *Device) source(src metal.Source) (metal.Source, string, error) {
	if src.Library != "" {
		return d.compiled(src)
	}
	if d.kind.Native() {
		return src, "", nil
	}
	src, err := src.Flat()
	return src, digest(src), err
}

// compiled holds a source of a library against what the device takes.
func (d *Device) compiled(src metal.Source) (metal.Source, string, error) {
	if src.Name == "" {
		src.Name = filepath.Base(src.Library)
	}
	if src.Text != "" || src.Defines != nil || src.Files != nil || src.Folders != nil {
		return src, "", errors.New(src.Name + ": a compiled library has no text, macros or files to include")
	}
	if !slices.Contains(takeLibraries, d.kind) {
		return src, "", fmt.Errorf("%s: %w: the %s device takes Metal source; compiled libraries (.metallib) run on the apple and sim devices", src.Name, metal.ErrUnsupported, d.kind)
	}
	l, err := metallib.Open(src.Library)
	if err != nil {
		return src, "", err
	}
	return src, l.Digest(), l.Close()
}
