package main

import (
	"fmt"
	"math"
	"os"
	"time"

	"github.com/assay-bench/assay/core/proto/pluginv1"
)

// numbers are the modes that say what cannot be true, and otherwise behave. Each
// changes a sample.
var numbers = map[string]func(*pluginv1.Sample){
	"fast": func(s *pluginv1.Sample) { // as if nothing had been waited for
		s.WallNs, s.DeviceNs, s.EncodeNs = s.WallNs/10, s.DeviceNs/10, s.EncodeNs/10
	},
	"long":         func(s *pluginv1.Sample) { s.WallNs *= 10 },
	"device-time":  func(s *pluginv1.Sample) { s.DeviceNs = 10 * s.WallNs },
	"encode-time":  func(s *pluginv1.Sample) { s.EncodeNs = 10 * s.WallNs },
	"no-time":      func(s *pluginv1.Sample) { s.WallNs = 0 },
	"largest-time": func(s *pluginv1.Sample) { s.WallNs = math.MaxInt64 },
	"more":         func(s *pluginv1.Sample) { s.Iterations++ },
}

// wrongChecks are those of the modes whose checks cannot be true.
func wrongChecks(mode string, seed uint64, checks []*pluginv1.Check) {
	for _, c := range checks {
		switch mode {
		case "lying-check":
			c.Value, c.Passed = 5, true
		case "other-checks":
			c.Name = fmt.Sprintf("%s of seed %d", c.Name, seed)
		}
	}
}

// wrongFacts are those of the mode that declares more bytes than memory moves.
func wrongFacts(mode string, phases map[string]*pluginv1.PhaseFacts) {
	for _, f := range phases {
		if mode == "bandwidth" {
			f.BytesPerIteration = 1 << 50
		}
	}
}

// prepareStream lies about what was prepared.
type prepareStream struct {
	preparing
	mode string
	seed uint64
}

func (s *prepareStream) Send(m *pluginv1.PrepareCaseResponse) error {
	if p := m.GetPrepared(); p != nil {
		wrongChecks(s.mode, s.seed, p.GetChecks())
		wrongFacts(s.mode, p.GetPhases())
	}
	return s.preparing.Send(m)
}

// otherwise is text that no other process gives.
func otherwise() string { return fmt.Sprintf("process %d at %d", os.Getpid(), time.Now().UnixNano()) }
