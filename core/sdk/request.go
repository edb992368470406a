package sdk

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"

	"github.com/hashicorp/go-hclog"

	"github.com/assay-bench/assay/metal"
)

// Request asks Prepare for one configuration.
type Request[C any] struct {
	Config C
	Device metal.Device
	Seed   uint64   // inputs are a function of it and of Config only
	Cold   bool     // inputs and weights must come from memory, not from a cache: see Copies
	Phases []string // the phases that will be measured

	// Progress reports a preparation step ("compile", "upload", "reference")
	// and how much of it is done, 0 to 1. Never nil.
	Progress func(step string, fraction float64)
	// Cleanup keeps f for the end of the configuration, also when Prepare fails.
	// What was kept last runs first. Never nil.
	Cleanup func(f func())
	Log     hclog.Logger
}

// Bounds of a cold rotation.
const (
	coldMargin  = 3   // a rotation that goes through so many times the last cache is cold
	memoryShare = 4   // of the device's memory, one part for all copies
	mostCopies  = 128 // recorded iterations cost memory too
)

// Copies is how many copies of what one iteration reads, so many bytes, a
// rotation needs so that no cache holds them when they come again; 1 where the
// host does not ask for cold ones.
func (r Request[C]) Copies(bytes int64) int {
	if !r.Cold {
		return 1
	}
	info, bytes := r.Device.Info(), max(bytes, 1)
	want := (coldMargin*info.LastCache + bytes - 1) / bytes
	if info.Memory > 0 {
		want = min(want, info.Memory/memoryShare/bytes)
	}
	return int(max(1, min(want, mostCopies)))
}

// NotCold is a warning for Prepared.Warnings where inputs should be cold and a
// rotation goes through too few bytes for that; what names them: "weights".
func (r Request[C]) NotCold(what string, bytes int64) []Diagnostic {
	cache := r.Device.Info().LastCache
	if !r.Cold || bytes >= coldMargin*cache {
		return nil
	}
	return []Diagnostic{{
		Warning: true, Code: "not_cold", Summary: what + " may be found in a cache",
		Detail: fmt.Sprintf("a rotation goes through %.1f MB, the last cache holds %d MB: make them larger, or write cache = \"hot\" in measure",
			float64(bytes)/(1<<20), cache>>20),
	}}
}

// RNG is the generator of one purpose. Those of one seed are unrelated.
func (r Request[C]) RNG(purpose string) *rand.Rand {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], r.Seed)
	copy(key[8:], purpose)
	return rand.New(rand.NewChaCha8(key))
}
