package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/metal"
)

// verifier holds what an iteration wrote against what it should be.
type verifier struct {
	of    *configuration
	want  map[*buffer]wanted // from the reference or files
	first map[*buffer][]byte // what the first iteration wrote

	outputs map[string]string // for the host to hold against the baseline's
	numbers map[string]sdk.Numbers
}

type wanted struct {
	element *element
	data    []byte
	whose   string
}

func newVerifier(a *configuration) *verifier {
	return &verifier{of: a, outputs: map[string]string{}, numbers: map[string]sdk.Numbers{}}
}

// reference finds what outputs should be, where that is stated.
func (v *verifier) reference(ctx context.Context) error {
	a := v.of
	v.want = map[*buffer]wanted{}
	for _, b := range a.buffers {
		if b.Expected == nil {
			continue
		}
		data, of, err := tensor(*b.Expected, b.ExpectedTensor, b.count)
		if err != nil {
			return sdk.Diagnostic{Path: label("buffer", b.name) + ".expected", Code: "file", Summary: "the file cannot be read", Detail: err.Error()}
		}
		v.want[b] = wanted{of, data, "the file has"}
	}
	l := a.resolved.reference
	if l == nil {
		return nil
	}
	step := map[*buffer]metal.Buffer{}
	for _, arg := range l.args {
		b := arg.buffer
		if b == nil || step[b] != nil {
			continue
		}
		buf, err := a.Device.NewBuffer(b.bytes())
		if err != nil {
			return fmt.Errorf("buffer %s of the reference: %w", b.name, err)
		}
		defer buf.Release()
		if err := buf.Write(0, a.contents[b]); err != nil {
			return err
		}
		step[b] = buf
	}
	if _, err := a.Device.Submit(ctx, a.dispatches([]*launch{l}, step)); err != nil {
		return fmt.Errorf("reference: %w", err)
	}
	for _, arg := range l.args {
		if arg.buffer == nil || !arg.writes || !arg.buffer.output {
			continue
		}
		data := make([]byte, arg.buffer.bytes())
		if err := step[arg.buffer].Read(0, data); err != nil {
			return err
		}
		v.want[arg.buffer] = wanted{arg.buffer.element, data, "the reference has"}
	}
	return nil
}

// verify checks every output of a step, before and after timing.
func (v *verifier) verify(ctx context.Context, step int) ([]sdk.Check, map[string]float64, error) {
	before := v.first == nil
	if before {
		v.first = map[*buffer][]byte{}
	}
	checks, whole, again, err := v.written(ctx, step)
	if err == nil {
		err = v.restore(ctx, step, again || !before)
	}
	if err != nil {
		return nil, nil, err
	}
	var metrics map[string]float64
	for _, b := range v.of.buffers {
		if !b.output || !whole[b] {
			continue
		}
		data, err := v.read(step, b)
		if err != nil {
			return nil, nil, err
		}
		want, stated := v.want[b]
		if !stated && !before && v.first[b] != nil {
			want = wanted{b.element, v.first[b], "before timing it was"}
		}
		if want.data != nil {
			c := compare(b.name, b, data, want.element, want.data, want.whose)
			if checks = append(checks, c); stated {
				metrics = map[string]float64{"rel_err": max(metrics["rel_err"], c.Value)}
			}
		}
		if before {
			v.first[b] = data
			v.announce(b, data)
		}
	}
	return checks, metrics, nil
}

// written finds outputs that no kernel wrote, whole or in part. What looks spoilt
// is spoilt another way and made again, for it could be the right answer.
func (v *verifier) written(ctx context.Context, step int) (checks []sdk.Check, whole map[*buffer]bool, again bool, err error) {
	whole = map[*buffer]bool{}
	for _, b := range v.of.buffers {
		if whole[b] = true; !b.output || b.given() {
			continue
		}
		data, err := v.read(step, b)
		if err != nil {
			return nil, nil, false, err
		}
		patterns := map[byte][]byte{firstPattern: data}
		n, place := untouched(b.element.size, patterns)
		if n > 0 {
			again = true
			if err := v.of.steps[step][b].Write(0, spoilt(len(data), secondPattern)); err != nil {
				return nil, nil, false, err
			}
			if patterns[secondPattern], err = v.once(ctx, step, b); err != nil {
				return nil, nil, false, err
			}
			n, place = untouched(b.element.size, patterns)
		}
		c := sdk.Below(b.name+" unwritten", float64(n), 0)
		if whole[b] = n == 0; n > 0 {
			c.Detail = fmt.Sprintf("%d of %d elements, the first at %s%s; write fill = \"zeros\" if the kernel leaves some as they are", n, b.count, b.name, index(b.shape, place))
		}
		checks = append(checks, c)
	}
	return checks, whole, again, nil
}

func (v *verifier) read(step int, b *buffer) ([]byte, error) {
	data := make([]byte, b.bytes())
	return data, v.of.steps[step][b].Read(0, data)
}

// once runs the dispatches of a step and reads an output.
func (v *verifier) once(ctx context.Context, step int, b *buffer) ([]byte, error) {
	if _, err := v.of.Device.Submit(ctx, v.of.dispatches(v.of.launches, v.of.steps[step])); err != nil {
		return nil, err
	}
	return v.read(step, b)
}

// restore makes a step once more from what is given, if it was run more than once
// and a kernel changes what it was given.
func (v *verifier) restore(ctx context.Context, step int, needed bool) error {
	changed := false
	for _, l := range v.of.launches {
		for _, arg := range l.args {
			if b := arg.buffer; needed && b != nil && arg.writes && b.given() {
				changed = true
				if err := v.of.steps[step][b].Write(0, v.of.contents[b]); err != nil {
					return err
				}
			}
		}
	}
	if !changed {
		return nil
	}
	_, err := v.of.Device.Submit(ctx, v.of.dispatches(v.of.launches, v.of.steps[step]))
	return err
}

// announce says what an output is, for the host to hold against the baseline's.
func (v *verifier) announce(b *buffer, data []byte) {
	if b.element.class != floating && b.tolerance == 0 {
		sum := sha256.Sum256(data)
		v.outputs[b.name] = hex.EncodeToString(sum[:])
		return
	}
	sums, marks := sketch(v.of.Seed, b, data)
	v.numbers[b.name] = sdk.Numbers{Values: sums, Tolerance: b.tolerance}
	v.outputs[b.name+" not finite"] = marks
}
