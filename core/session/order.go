package session

import (
	"hash/fnv"
	"math/rand/v2"
	"slices"

	"github.com/assay-bench/assay/core/record"
)

// order is that of a pass over the arms of a round: a seeded random one for every
// even pass, and its reverse for the pass after it.
func order(caseID string, x *record.Round, phase string, pass int) []string {
	there, back := palindrome(derive(x.Seed, caseID, phase, pass/2), caseID, phase, x.Index, x.Arms)
	if pass%2 == 0 {
		return there
	}
	return back
}

// prepareOrder is drawn by lot: what is prepared first may get the better memory.
func prepareOrder(caseID string, x *record.Round) []string { return order(caseID, x, "prepare", 0) }

// palindrome is the visiting order of one round and phase: a seeded random
// order and then its reverse, so that a linear drift weighs equally on every
// variant. The same seed, case, phase and round give the same order.
func palindrome(seed uint64, caseID, phase string, round int, arms []string) (first, second []string) {
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
