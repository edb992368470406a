package main

import (
	"context"
	"fmt"
	"math"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/metal/quant"
	"github.com/assay-bench/assay/metal/reference"
	"github.com/assay-bench/assay/plugins/internal/moe"
)

const (
	checkedRows = 2
	checkedCols = 160
	// borderline: bounds this close to epsilon may fall on either side of it,
	// for a kernel adds them up in float32.
	borderline = 1e-4
)

// verify compares what the last iteration wrote. Correctness is agreement with
// the definition of the method at this epsilon; how far the method itself is
// from exact weights is a metric.
func (e *configuration) verify(_ context.Context, copy int) ([]sdk.Check, map[string]float64, error) {
	c := e.Config
	x, err := kernels.Download(e.input(copy), e.DType, c.Tokens*e.k)
	if err != nil {
		return nil, nil, err
	}
	y, err := kernels.Download(e.y, e.DType, c.Tokens*e.n)
	if err != nil {
		return nil, nil, err
	}
	gate, err := moe.Fetch(e.gate, copy)
	if err != nil {
		return nil, nil, err
	}
	up, err := moe.Fetch(e.up, copy)
	if err != nil {
		return nil, nil, err
	}
	pick := reference.Sample(e.Seed+uint64(copy), c.Tokens, e.n, checkedRows, checkedCols)
	got, err := pick.Of(y, c.Tokens, e.n)
	if err != nil {
		return nil, nil, err
	}
	exact, err := reference.QMMSwiglu(reference.MatMul(x, c.Tokens), gate, up, pick)
	if err != nil {
		return nil, nil, err
	}
	metrics := map[string]float64{"rel_err": reference.MeanError(got, exact)}
	if c.Method == separate || c.epsilon() == 0 {
		check := sdk.Below("exact", reference.MaxError(got, exact), e.tolerance())
		check.Detail = fmt.Sprintf("%d outputs of [%d,%d]", len(exact), c.Tokens, e.n)
		if c.Method == separate {
			return []sdk.Check{check}, metrics, nil
		}
		metrics["refine_rate"], err = e.refineRate()
		return []sdk.Check{check}, metrics, err
	}
	metrics["refine_rate"], err = e.refineRate()
	if err != nil {
		return nil, nil, err
	}
	checks, err := e.verifyProgressive(x, got, gate, up, pick)
	return checks, metrics, err
}

// refineRate is the share of elements whose low bits were added.
func (e *configuration) refineRate() (float64, error) {
	n := e.Config.Tokens * e.n
	flags, err := kernels.DownloadUint32(e.refined, n)
	if err != nil {
		return 0, err
	}
	count := 0
	for _, f := range flags {
		if f != 0 {
			count++
		}
	}
	return float64(count) / float64(n), nil
}

// verifyProgressive holds values and decisions against the method's definition.
func (e *configuration) verifyProgressive(x, got []float32, gate, up *quant.Tensor, pick reference.Subset) ([]sdk.Check, error) {
	c := e.Config
	want, err := reference.ProgressiveSwiglu(x, c.Tokens, gate, up, float64(c.epsilon()), pick)
	if err != nil {
		return nil, err
	}
	flags, err := kernels.DownloadUint32(e.refined, c.Tokens*e.n)
	if err != nil {
		return nil, err
	}
	asFloats := make([]float32, len(flags))
	for i, f := range flags {
		asFloats[i] = float32(f)
	}
	refined, err := pick.Of(asFloats, c.Tokens, e.n)
	if err != nil {
		return nil, err
	}
	var values []float32
	var ref []float64
	wrong, skipped := 0, 0
	for i := range got {
		if !c.Never && math.Abs(want.Bound[i]-c.Epsilon) <= borderline*c.Epsilon {
			skipped++
			continue
		}
		if (refined[i] != 0) != want.Refined[i] {
			wrong++
		}
		values, ref = append(values, got[i]), append(ref, want.Y[i])
	}
	decisions := sdk.Below("refined", float64(wrong), 0)
	decisions.Detail = fmt.Sprintf("%d of %d decisions right, %d too close to call", len(values)-wrong, len(values), skipped)
	y := sdk.Below("progressive", reference.MaxError(values, ref), e.tolerance())
	y.Detail = fmt.Sprintf("%d outputs against the method's definition at epsilon %s", len(ref), c.epsilonText())
	return []sdk.Check{decisions, y}, nil
}

// tolerance leaves room in float32 for the order of a sum over thousands of products.
func (e *configuration) tolerance() float64 { return max(reference.Tolerance(e.DType), 1e-4) }
