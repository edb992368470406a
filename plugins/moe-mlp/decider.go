package main

import (
	"errors"
	"fmt"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/plugins/internal/moe"
)

// decider is the checked path: a patch that wraps a block and asks, at every
// call, everything that a general-purpose patch has to ask. What it decides is
// always the same; only the price of asking differs from the resolved path.
type decider struct {
	set             *kernels.Set
	fused, fallback *moe.Block
}

// forward is the patched block's call.
func (d *decider) forward(module any, io moe.IO) ([]metal.Dispatch, error) {
	// Is this a block that the patch knows?
	layer, ok := module.(*moe.Layer)
	if !ok {
		return nil, fmt.Errorf("module %T is not a mixture-of-experts block", module)
	}
	// Do its shapes and formats have fused kernels?
	if !d.shapesFit(layer, io) {
		return d.fallback.Dispatches(*layer, io)
	}
	// Are the kernels there?
	switch err := d.kernelsExist(layer); {
	case errors.Is(err, metal.ErrNoKernel):
		return d.fallback.Dispatches(*layer, io)
	case err != nil:
		return nil, err
	}
	// Shapes, strides and arguments of each dispatch.
	return d.fused.Dispatches(*layer, io)
}

// shapesFit asks what the fused kernels demand of every operand.
func (d *decider) shapesFit(l *moe.Layer, io moe.IO) bool {
	b := d.fused
	rowBytes := b.Hidden * b.DType.Size()
	for _, a := range []metal.Arg{io.X, io.Out} {
		if a.Buffer == nil || a.Buffer.Len()-a.Offset < b.Tokens*rowBytes {
			return false
		}
	}
	if io.Logits.Buffer.Len()-io.Logits.Offset < b.Tokens*b.Experts*b.DType.Size() {
		return false
	}
	for _, w := range []kernels.Weights{l.Gate, l.Up, l.Down} {
		if w.DType != b.DType || w.Experts != b.Experts || w.Check(w.K) != nil {
			return false
		}
	}
	if b.GateUp && (l.Gate.N%8 != 0 || l.Gate.K%512 != 0) {
		return false
	}
	return l.Gate.N == b.Inter && l.Gate.K == b.Hidden && l.Down.N == b.Hidden && l.Down.K == b.Inter
}

// kernelsExist looks every fused kernel up by its name.
func (d *decider) kernelsExist(l *moe.Layer) error {
	b := d.fused
	combine := []string{fmt.Sprintf("gather_qmm_combine_%s_%s", b.Combine, l.Down.Format)}
	if d.set.ProductBytes(b.Experts, b.Hidden, b.Tokens, b.TopK) > 0 {
		combine = []string{
			fmt.Sprintf("gather_qmm_combine_products_%s", l.Down.Format),
			fmt.Sprintf("gather_qmm_combine_sum_%s_%s", b.Combine, l.Down.Format),
		}
	}
	names := append([]string{fmt.Sprintf("topk_gating_%s", b.DType)}, combine...)
	if b.GateUp {
		names = append(names, fmt.Sprintf("gather_qmm_swiglu_%s", l.Gate.Format))
	}
	for _, name := range names {
		if _, err := d.set.Kernel(name); err != nil {
			return err
		}
	}
	return nil
}
