package simd

import "fmt"

// Tier is a set of instructions the inner loops may use.
type Tier uint8

// The tiers, each including those before it.
const (
	Go     Tier = iota // plain Go
	AVX2               // AVX2, FMA, F16C
	AVX512             // AVX-512 F, BW, DQ, VL, VBMI and BF16
)

var tierNames = [...]string{"go", "avx2", "avx512"}

func (t Tier) String() string { return tierNames[t] }

// ParseTier reads a tier's name and refuses one this machine cannot run.
// The empty name means the best one.
func ParseTier(name string) (Tier, error) {
	if name == "" {
		return Best(), nil
	}
	for i, n := range tierNames {
		if n != name {
			continue
		}
		if t := Tier(i); t <= Best() {
			return t, nil
		}
		return Go, fmt.Errorf("instruction tier %q: this machine or build has %s at most", name, Best())
	}
	return Go, fmt.Errorf("instruction tier %q: want one of %v", name, tierNames)
}
