package session

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/record"
)

func ctyRaw(v cty.Value) (json.RawMessage, error) {
	return ctyjson.Marshal(v, v.Type())
}

// canonicalConfig puts a proposed configuration into the form in which
// configurations are digested.
func canonicalConfig(raw []byte) (canonical []byte, digest string, err error) {
	ty, err := ctyjson.ImpliedType(raw)
	if err != nil {
		return nil, "", fmt.Errorf("not a JSON configuration: %w", err)
	}
	v, err := ctyjson.Unmarshal(raw, ty)
	if err != nil {
		return nil, "", fmt.Errorf("not a JSON configuration: %w", err)
	}
	if canonical, err = ctyjson.Marshal(v, v.Type()); err != nil {
		return nil, "", err
	}
	return canonical, digestOf(canonical), nil
}

// digestOf is the digest by which a plugin is told which configuration it gets.
func digestOf(canonical []byte) string {
	sum := sha256.Sum256(bytes.TrimSpace(canonical))
	return "sha256:" + hex.EncodeToString(sum[:])
}

func deviceOf(d *pluginv1.Device) record.Device {
	return record.Device{
		Kind: d.GetKind(), Name: d.GetName(), Family: d.GetFamily(), Cores: int(d.GetCores()), Memory: d.GetMemoryBytes(),
		LastCache: d.GetLastCacheBytes(), Driver: d.GetDriver(), OSBuild: d.GetOsBuild(), Simulated: d.GetSimulated(),
		Facts: orEmptyMap(d.GetFacts()), Index: int(d.GetIndex()), Yardsticks: yardsticksOf(d),
	}
}

// yardsticksOf keeps the yardsticks that this host asks for.
func yardsticksOf(d *pluginv1.Device) (out []string) {
	for _, y := range []string{record.Stream, record.Copy} {
		if slices.Contains(d.GetYardsticks(), y) {
			out = append(out, y)
		}
	}
	return out
}

func checksOf(in []*pluginv1.Check, when string) []record.Check {
	out := []record.Check{}
	for _, c := range in {
		k := record.Check{Name: c.GetName(), Kind: "correctness", When: when, Passed: c.GetPassed(), Detail: c.GetDetail()}
		if c.GetKind() == pluginv1.Check_KIND_FIDELITY {
			k.Kind = "fidelity"
		}
		jsonNumber(&k, &k.Value, "value", c.GetValue())
		jsonNumber(&k, &k.Limit, "limit", c.GetLimit())
		out = append(out, k)
	}
	return out
}

// jsonNumber sets a number of a check, and says so in words where JSON cannot
// hold it. A check of NaN or infinity is not a check that passed.
func jsonNumber(k *record.Check, to *float64, what string, x float64) {
	*to = x
	if math.IsNaN(x) || math.IsInf(x, 0) {
		*to, k.Passed = math.MaxFloat64, false
		k.Detail = strings.TrimSuffix(fmt.Sprintf("the %s is %v; %s", what, x, k.Detail), "; ")
	}
}

func sampleOf(s *pluginv1.Sample) record.Sample {
	return record.Sample{
		Seq: s.GetSeq(), Iterations: s.GetIterations(), WallNs: s.GetWallNs(), DeviceNs: s.GetDeviceNs(), EncodeNs: s.GetEncodeNs(),
		Metrics: finite(s.GetMetrics()),
	}
}

// mostDispatched bounds what is kept of what a plugin dispatched, as the SDK does.
const mostDispatched = 4096

// kernelsOf is what a visit dispatched, nil if the plugin does not say, or says what
// cannot be.
func kernelsOf(d *pluginv1.Done) (*record.Kernels, error) {
	if n := len(d.GetDispatched()); n == 0 || n > mostDispatched {
		return nil, nil
	}
	var list []record.Dispatched
	for _, p := range d.GetDispatched() {
		if p.GetCount() == 0 || p.GetIterations() == 0 {
			return nil, nil
		}
		list = append(list, record.Dispatched{
			Kernel: p.GetKernel(), Constants: p.GetConstants(), Source: p.GetSource(), Arguments: p.GetArguments(),
			Grid: extents(p.GetGrid()), Threadgroup: extents(p.GetThreadgroup()),
			ThreadgroupMemory: append([]uint64{}, p.GetThreadgroupMemory()...),
			Count:             float64(p.GetCount()) / float64(p.GetIterations()),
		})
	}
	k, err := record.NewKernels(list)
	return &k, err
}

// extents are threads along x, y and z, of which those left out are one.
func extents(in []uint32) [3]uint32 {
	out := [3]uint32{1, 1, 1}
	copy(out[:], in)
	return out
}

// largest of a plugin's numbers that the host computes with: what comes of it
// still fits JSON, which has no infinity.
const largest = 1e100

// finite drops NaN, infinity and values above 1e100: they, or sums of them,
// cannot be written as JSON.
func finite(m map[string]float64) map[string]float64 {
	out := map[string]float64{}
	for name, v := range m {
		if math.Abs(v) <= largest { // NaN is not
			out[name] = v
		}
	}
	return out
}

// errNumbers is a plugin whose facts cannot be true.
var errNumbers = errors.New("the plugin's numbers cannot be right")

func phaseFactsOf(in map[string]*pluginv1.PhaseFacts) (map[string]record.PhaseFacts, error) {
	out := map[string]record.PhaseFacts{}
	for name, f := range in {
		units, bytes, fixed := f.GetUnitsPerIteration(), f.GetBytesPerIteration(), f.GetIterations()
		if !(units >= 0 && units <= largest) || bytes < 0 || fixed > math.MaxInt32 {
			return nil, fmt.Errorf("%w: %v units and %d bytes per iteration, %d iterations a sample, of phase %q", errNumbers, units, bytes, fixed, name)
		}
		switch f.GetYardstick() {
		case "", record.Stream, record.Copy:
		default:
			return nil, fmt.Errorf("%w: phase %q is held against yardstick %q; there are %s and %s", errNumbers, name, f.GetYardstick(), record.Stream, record.Copy)
		}
		out[name] = record.PhaseFacts{Units: units, Bytes: bytes, Iterations: fixed, Yardstick: f.GetYardstick()}
	}
	return out, nil
}

// mostNumbers bounds a vector, which the journal and the document keep.
const mostNumbers = 4096

func numbersOf(in map[string]*pluginv1.Numbers) (map[string]record.Numbers, error) {
	var out map[string]record.Numbers
	for name, n := range in {
		values, tolerance := n.GetValues(), n.GetTolerance()
		if len(values) > mostNumbers || !(tolerance >= 0 && tolerance <= largest) {
			return nil, fmt.Errorf("%w: numbers %q: %d values and tolerance %v", errNumbers, name, len(values), tolerance)
		}
		for _, v := range values {
			if !(v >= -largest && v <= largest) {
				return nil, fmt.Errorf("%w: numbers %q have %v among them", errNumbers, name, v)
			}
		}
		if out == nil {
			out = map[string]record.Numbers{}
		}
		out[name] = record.Numbers{Values: values, Tolerance: tolerance}
	}
	return out, nil
}

func orEmptyMap(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}
