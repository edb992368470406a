// Package search is what a plugin's Propose is asked and answers: the results so
// far, and configurations to compare next or findings.
//
// The main path: [Results] in, [Proposal] out. The host asks in a process that opens
// no device, again after each proposal was measured, until there is no [Next].
package search

import (
	"fmt"
	"math"
)

// Results is what is known when the host asks what to compare next.
type Results[C any] struct {
	Seed    uint64
	Results []Result[C] // in the order in which they were asked for; the baseline first
}

// Result of one configuration.
type Result[C any] struct {
	Name         string
	Config       C
	Baseline     bool
	Phases       map[string]PhaseResult
	Metrics      map[string]float64
	ChecksPassed bool
	Failure      string // empty, or why it could not be measured
}

// PhaseResult holds times in ns per iteration (medians over rounds) and the
// speed against the baseline with its bounds: -Inf and +Inf where the rounds are
// too few for one.
type PhaseResult struct {
	Wall, Device, Encode float64
	Ratio, Lower, Upper  float64
	Rounds               int
	PerRound             []RoundTimes
}

// Speed is "0.93× [0.92×, 0.94×]", with "interval unknown" where a bound is.
func (p PhaseResult) Speed() string {
	if math.IsInf(p.Lower, 0) || math.IsInf(p.Upper, 0) {
		return fmt.Sprintf("%.3f× [interval unknown]", p.Ratio)
	}
	return fmt.Sprintf("%.3f× [%.3f×, %.3f×]", p.Ratio, p.Lower, p.Upper)
}

// RoundTimes are one round's times, ns per iteration: the median over its visits
// of each one's fastest sample.
type RoundTimes struct {
	Round                int
	Wall, Device, Encode float64
}

// Proposal is the answer: what to compare next, what was found, or both. No
// Next means that the search is over.
type Proposal[C any] struct {
	Next     []Next[C]
	Findings []Finding
	// Pairs of results whose difference in time the host attributes to kernels,
	// launches or host work, with an answer that has no Next. Each variant against
	// the baseline needs no asking.
	Pairs    []Pair
	Progress string // one line for people: "3 of at most 9 sets tried"
}

// Pair names two results.
type Pair struct{ Base, Path string }

// Next is one configuration to compare.
type Next[C any] struct {
	Name   string // becomes the variant's name
	Config C
	Why    string
}

// How sure a finding is.
const (
	Shown     = "shown"  // follows from the measurements
	Likely    = "likely" // the measurements favour it
	Undecided = "open"   // the measurements allow both
)

// Finding is a structured conclusion.
type Finding struct {
	Kind      string // "knee", "culprits"; "attribution" is the host's own
	Summary   string // one sentence
	Detail    string
	Data      any    // marshalled as JSON
	Certainty string // Shown, Likely or Undecided
}
