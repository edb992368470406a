package moe

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/metal/quant"
)

// part is one of a layer's matrices, and its stream of random numbers.
type part int

// The parts of a layer.
const (
	gate part = iota
	up
	down
	sharedGate
	sharedUp
	sharedDown
	parts

	streamsPerLayer = 16 // leaves room between layers
)

func (p part) String() string {
	return [...]string{"gate", "up", "down", "shared gate", "shared up", "shared down"}[p]
}

// shape of a part [experts,n,k] of a model of which so many experts are made.
func (p part) shape(m Model, experts int) (e, n, k int) {
	e, n, k = experts, m.Inter, m.Hidden
	if p >= sharedGate {
		e, n = 1, m.Shared*m.Inter
	}
	if p == down || p == sharedDown {
		n, k = k, n
	}
	return e, n, k
}

// of is the matrix of a layer.
func (p part) of(l *Layer) *kernels.Weights {
	return [...]*kernels.Weights{&l.Gate, &l.Up, &l.Down, &l.SharedGate, &l.SharedUp, &l.SharedDown}[p]
}

// Formats are how a layer's parts are stored.
type Formats [parts]quant.Format

// uniform is a layer of one format.
func uniform(f quant.Format) (l Formats) {
	for p := range l {
		l[p] = f
	}
	return l
}

// all lists the formats of the layers that are made, each once.
func (r Resolved) all() (list []quant.Format) {
	n := sharedGate
	if r.Shared > 0 {
		n = parts
	}
	for _, l := range r.formats {
		for _, f := range l[:n] {
			if !slices.Contains(list, f) {
				list = append(list, f)
			}
		}
	}
	return list
}

// distinct words what the formats have, each once.
func distinct(list []quant.Format, what func(quant.Format) any) string {
	var words []string
	for _, f := range list {
		if s := fmt.Sprint(what(f)); !slices.Contains(words, s) {
			words = append(words, s)
		}
	}
	slices.Sort(words)
	return strings.Join(words, ", ")
}

// Fusable reports at path a layer whose gate and up are stored in two formats, which
// no kernel takes together.
func (r Resolved) Fusable(path string) []sdk.Diagnostic {
	for i, l := range r.formats {
		if l[gate] != l[up] {
			return []sdk.Diagnostic{{
				Path: path, Code: "fused_formats", Summary: "gate and up are stored in two formats",
				Detail: fmt.Sprintf("MoE layer %d of %s has its gate in %s and its up in %s, and one kernel takes one format", i, r.Name, l[gate], l[up]),
			}}
		}
	}
	return nil
}
