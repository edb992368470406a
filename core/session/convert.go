package session

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"

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
	sum := sha256.Sum256(bytes.TrimSpace(canonical))
	return canonical, "sha256:" + hex.EncodeToString(sum[:]), nil
}

func deviceOf(d *pluginv1.Device) record.Device {
	return record.Device{
		Kind: d.GetKind(), Name: d.GetName(), Family: d.GetFamily(), Cores: int(d.GetCores()), Memory: d.GetMemoryBytes(),
		LastCache: d.GetLastCacheBytes(), Driver: d.GetDriver(), OSBuild: d.GetOsBuild(), Simulated: d.GetSimulated(),
		CopyRate: d.GetCopyBytesPerSecond(), Facts: orEmptyMap(d.GetFacts()),
	}
}

func checksOf(in []*pluginv1.Check, when string) []record.Check {
	out := []record.Check{}
	for _, c := range in {
		k := record.Check{Name: c.GetName(), Kind: "correctness", When: when, Passed: c.GetPassed(), Detail: c.GetDetail()}
		if c.GetKind() == pluginv1.Check_KIND_FIDELITY {
			k.Kind = "fidelity"
		}
		k.Value, k.Passed = jsonNumber(c.GetValue(), k.Passed)
		k.Limit, k.Passed = jsonNumber(c.GetLimit(), k.Passed)
		out = append(out, k)
	}
	return out
}

// jsonNumber replaces what JSON cannot hold. A check of NaN or infinity is not
// a check that passed.
func jsonNumber(x float64, passed bool) (float64, bool) {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return math.MaxFloat64, false
	}
	return x, passed
}

func sampleOf(s *pluginv1.Sample) record.Sample {
	return record.Sample{
		Seq: s.GetSeq(), Iterations: s.GetIterations(), WallNs: s.GetWallNs(), DeviceNs: s.GetDeviceNs(), EncodeNs: s.GetEncodeNs(),
		Metrics: finite(s.GetMetrics()),
	}
}

// finite drops metrics that JSON cannot hold.
func finite(m map[string]float64) map[string]float64 {
	out := map[string]float64{}
	for name, v := range m {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			out[name] = v
		}
	}
	return out
}

func orEmptyMap(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}
