package main

import (
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/assay-bench/assay/metal/msl"
)

// constants reads function constants by name or index; at is the key to blame.
func (t *text) constants(k *msl.Kernel, given map[string]string) (values map[int]any, at string, err error) {
	values = map[int]any{}
	if t.src.Library != "" && t.kernels.Check(k, nil) != nil {
		return values, "", nil // which constants it has is not known; Check says why
	}
	for _, key := range sorted(given) {
		c, err := t.constant(k, key)
		if err != nil {
			return nil, key, err
		}
		v, err := constantValue(c.Type, given[key])
		if err != nil {
			return nil, key, fmt.Errorf("%s declares %s %s: %w", declaredAt(c.File, c.Line), plainType(c.Type), c.Name, err)
		}
		values[c.Index] = v
	}
	return values, "", nil
}

func (t *text) constant(k *msl.Kernel, key string) (msl.FunctionConstant, error) {
	var names []string
	for _, c := range t.kernels.functionConstants(k) {
		if c.Name == key || strconv.Itoa(c.Index) == key {
			return c, nil
		}
		names = append(names, c.Name)
	}
	of := t.src.Name
	if t.src.Library != "" {
		of = k.Name // which has constants of its own
	}
	return msl.FunctionConstant{}, fmt.Errorf("%s has %s%s", of, listed(names, "function constant"), unstopped(didYouMean(key, names)))
}

func constantValue(typ, value string) (any, error) {
	l, ok := layoutOf(typ)
	if !ok || len(l.scalars) != 1 {
		return nil, errors.New("constants of this type cannot be given")
	}
	e := l.scalars[0].element
	v, bits, err := e.parse(value)
	switch {
	case err != nil:
		return nil, err
	case e.class == boolean:
		return v != 0, nil
	case e.class == floating:
		return float32(v), nil
	case e.class == signed:
		return int32(bits), nil
	}
	return uint32(bits), nil
}

// withoutValue names all function constants that a kernel misses, at once.
func (r *reader) withoutValue(l *launch, missing []msl.FunctionConstant, given map[string]string) {
	all := maps.Clone(given)
	if all == nil {
		all = map[string]string{}
	}
	var declared []string
	for _, c := range missing {
		all[c.Name] = guess(c.Type)
		declared = append(declared, fmt.Sprintf("%s declares %s %s [[function_constant(%d)]]", declaredAt(c.File, c.Line), plainType(c.Type), c.Name, c.Index))
	}
	at, summary := l.where, fmt.Sprintf("function constant %s has no value", missing[0].Name)
	if len(missing) > 1 {
		summary = fmt.Sprintf("%d function constants have no value", len(missing))
	}
	if len(given) > 0 {
		at = l.at + "constants"
	}
	r.fault(at, "constant", summary, "%s. Write constants = %s, with the values that you mean.", strings.Join(declared, "; "), inHCL(all))
}
