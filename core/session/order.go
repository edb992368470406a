package session

import (
	"hash/fnv"
	"math/rand/v2"
	"slices"
)

// palindrome is the visiting order of one round and phase: a seeded random
// order and then its reverse, so that a linear drift weighs equally on every
// variant. The same seed, case, phase and round give the same order.
func palindrome(seed uint64, caseID, phase string, round int, arms []*arm) (first, second []*arm) {
	rng := rand.New(rand.NewPCG(seed, derive(seed, caseID, phase, round)))
	first = slices.Clone(arms)
	rng.Shuffle(len(first), func(i, j int) { first[i], first[j] = first[j], first[i] })
	second = slices.Clone(first)
	slices.Reverse(second)
	return first, second
}

// derive mixes a seed with names, for seeds that differ between rounds and
// cases and stay below 2^53.
func derive(seed uint64, caseID, phase string, round int) uint64 {
	h := fnv.New64a()
	var b [16]byte
	for i := range 8 {
		b[i], b[8+i] = byte(seed>>(8*i)), byte(round>>(8*i))
	}
	h.Write(b[:])
	h.Write([]byte(caseID + "\x00" + phase))
	return h.Sum64() >> 11
}
