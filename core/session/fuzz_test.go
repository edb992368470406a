package session

import (
	"encoding/json"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/record"
)

// FuzzMessages: whatever a plugin answers, it is refused, or what the host keeps of
// it can be written.
func FuzzMessages(f *testing.F) {
	facts := &pluginv1.PhaseFacts{UnitsPerIteration: 1, BytesPerIteration: 1 << 20, Iterations: 4, Yardstick: "copy"}
	seeds := []proto.Message{
		&pluginv1.OpenDeviceResponse{Device: &pluginv1.Device{Kind: "cpu", Name: "c", Cores: -1, MemoryBytes: -1, Yardsticks: []string{"copy"}, Facts: map[string]string{"a": "b"}}},
		&pluginv1.Prepared{
			Checks:  []*pluginv1.Check{{Name: "rel_err", Value: 1e-3, Limit: 1, Passed: true, Kind: pluginv1.Check_KIND_FIDELITY}},
			Metrics: map[string]float64{"m": 1}, Facts: map[string]string{"model": "x"}, Phases: map[string]*pluginv1.PhaseFacts{"decode": facts},
			Outputs: map[string]string{"y": "sha256:00"}, Numbers: map[string]*pluginv1.Numbers{"n": {Values: []float64{1, 2}, Tolerance: 0.1}},
		},
		&pluginv1.Sample{Seq: 1, Iterations: 2, WallNs: 3, DeviceNs: 4, EncodeNs: 5, Metrics: map[string]float64{"m": 6}},
		&pluginv1.Done{Dispatched: []*pluginv1.Dispatched{{Kernel: "k", Grid: []uint32{1, 2, 3, 4}, Threadgroup: []uint32{32}, Count: 1, Iterations: 3, ThreadgroupMemory: []uint64{1}}}},
		&pluginv1.Proposal{Name: "p", ConfigJson: []byte(`{"a":[1,"b",null,{"c":1e400}]}`)},
	}
	for i, m := range seeds {
		raw, err := proto.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(i), raw)
	}
	f.Fuzz(func(t *testing.T, kind uint8, raw []byte) {
		m := seeds[int(kind)%len(seeds)].ProtoReflect().New().Interface()
		if proto.Unmarshal(raw, m) != nil {
			return
		}
		kept, err := keep(m)
		if err != nil {
			return
		}
		if _, err := json.Marshal(kept); err != nil {
			t.Fatalf("what is kept of %v cannot be written: %v", m, err)
		}
	})
}

// keep is what the host makes of a message.
func keep(m proto.Message) (any, error) {
	switch m := m.(type) {
	case *pluginv1.OpenDeviceResponse:
		return deviceOf(m.GetDevice()), nil
	case *pluginv1.Prepared:
		phases, err := phaseFactsOf(m.GetPhases())
		if err != nil {
			return nil, err
		}
		numbers, err := numbersOf(m.GetNumbers())
		return record.Prepared{Checks: checksOf(m.GetChecks(), "before"), Metrics: finite(m.GetMetrics()), Facts: m.GetFacts(), Phases: phases, Numbers: numbers}, err
	case *pluginv1.Sample:
		return sampleOf(m), nil
	case *pluginv1.Done:
		return kernelsOf(m)
	case *pluginv1.Proposal:
		canonical, _, err := canonicalConfig(m.GetConfigJson())
		return json.RawMessage(canonical), err
	}
	return nil, nil
}
