package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"strings"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/cuda"
	"github.com/assay-bench/assay/metal/msl"
	"github.com/assay-bench/assay/metal/sim"
)

// request asks a worker to read a root (no Device), or to compile one kernel of it.
type request struct {
	Root   root
	Device metal.Kind
	Kernel string
	All    bool
}

// answer is what came of it. Missing says that the device is not there at all.
type answer struct {
	Functions []function
	Refused   bool // by the reader, not by a compiler
	Error     string
	Missing   string
}

// worker compiles with the devices' own code.
type worker struct {
	sim     metal.Device
	cuda    *cuda.Offline
	missing map[metal.Kind]string

	path string // of what was read last
	unit *msl.Unit
	err  error
	src  metal.Source
	lib  metal.Library // of sim, for unit
}

// hopper is the CUDA architecture compiled for.
const hopper = 90

// work answers requests until the input ends.
func work(ctx context.Context, in io.Reader, out io.Writer) error {
	w := &worker{missing: map[metal.Kind]string{}}
	var err error
	if w.sim, err = sim.Open(ctx, sim.Options{}); err != nil {
		w.missing[metal.Sim] = err.Error()
	} else {
		defer w.sim.Close()
	}
	if w.cuda, err = cuda.OpenOffline(hopper); err != nil {
		w.missing[metal.CUDA] = err.Error()
	}
	requests, answers := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var r request
		if err := requests.Decode(&r); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := answers.Encode(w.answer(ctx, r)); err != nil {
			return err
		}
	}
}

func (w *worker) answer(ctx context.Context, r request) answer {
	if w.path != r.Root.Path {
		w.read(r.Root)
	}
	if w.err != nil {
		return failed(w.err, r.Root)
	}
	var err error
	switch {
	case r.Device == "":
		return answer{Functions: kernelsOf(w.unit, r.All)}
	case w.missing[r.Device] != "":
		return answer{Missing: w.missing[r.Device]}
	case r.Device == metal.CUDA:
		err = w.cuda.Compile(ctx, w.unit, r.Kernel, values(w.unit))
	default:
		err = w.compileSim(ctx, r.Kernel)
	}
	return failed(err, r.Root)
}

func (w *worker) read(r root) {
	w.path, w.unit, w.lib = r.Path, nil, nil
	src, err := r.source()
	if w.err = err; err != nil {
		return
	}
	if w.src, w.err = src.Flat(); w.err == nil {
		w.unit, w.err = msl.Parse(w.src.Name, w.src.Text, w.src.Defines)
	}
}

func (w *worker) compileSim(ctx context.Context, kernel string) (err error) {
	if w.lib == nil {
		if w.lib, err = w.sim.Compile(ctx, w.src); err != nil {
			return err
		}
	}
	_, err = w.lib.Kernel(kernel, values(w.unit))
	return err
}

// failed makes an answer of an error, which names files below the project's folder.
func failed(err error, r root) answer {
	if err == nil {
		return answer{}
	}
	var refusal *msl.Error
	return answer{Error: strings.ReplaceAll(err.Error(), filepath.ToSlash(r.Top)+"/", ""), Refused: errors.As(err, &refusal)}
}
