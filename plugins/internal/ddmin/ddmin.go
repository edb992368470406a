// Package ddmin searches for the smallest set of changes that is responsible
// for a failure, when a test may answer "cannot tell" and costs minutes.
//
// It is Zeller's delta debugging (Zeller & Hildebrandt, "Simplifying and
// isolating failure-inducing input", IEEE TSE 28(2), 2002) with a third answer
// and without state: [Search] is given every answer so far, replays the same
// decisions and either says which set to test next or what it concludes. Answers
// may therefore arrive over any number of processes.
//
// Imported by plugins/bisect.
package ddmin

import (
	"slices"
	"strings"
)

// Answer of one test of one set of changes.
type Answer int

// The answers.
const (
	Unknown   Answer = iota // not tested yet
	Fails                   // the failure is there, beyond doubt
	Passes                  // it is not, beyond doubt
	Undecided               // tested, and it cannot be told
)

// Key names a set whatever the order of its elements.
func Key(set []string) string {
	s := slices.Clone(set)
	slices.Sort(s)
	return strings.Join(slices.Compact(s), ",")
}

// Culprit is a set that fails by itself and is minimal: without any one of its
// elements it was not seen to fail.
type Culprit struct {
	Set []string
	// Minimal is false when a test with one element less could not be decided.
	Minimal bool
}

// Result of a search.
type Result struct {
	// Ask is the set to test next; nil: the search has ended.
	Ask []string
	// Asked counts the answers that were used.
	Asked int
	// Whole is the answer for all changes together. With Passes there is
	// nothing to explain, with Undecided nothing can be.
	Whole Answer
	// Culprits, found one after the other: each in what is left when those
	// before it are taken away. More than one means independent causes.
	Culprits []Culprit
	// Rest is the answer for everything but the culprits: Passes when they
	// explain the whole failure.
	Rest Answer
}

// Search looks for the culprits among changes. The empty set is taken to pass.
// It ends after at most O(n²) answers for each culprit; n is small here.
func Search(changes []string, answer func(set []string) Answer) Result {
	s := &search{answer: answer, seen: map[string]bool{}}
	left := slices.Clone(changes)
	for len(left) > 0 {
		a, ok := s.test(left)
		if !ok {
			return s.result
		}
		if len(s.result.Culprits) == 0 {
			s.result.Whole = a
		}
		s.result.Rest = a
		if a != Fails {
			return s.result
		}
		c, ok := s.minimise(left)
		if !ok {
			return s.result
		}
		s.result.Culprits = append(s.result.Culprits, c)
		left = without(left, c.Set)
		s.result.Rest = Passes // for an empty rest
	}
	if len(changes) == 0 {
		s.result.Whole, s.result.Rest = Passes, Passes
	}
	return s.result
}

type search struct {
	answer func([]string) Answer
	seen   map[string]bool
	result Result
}

// test answers for a set, or notes that it must be asked and returns false.
func (s *search) test(set []string) (Answer, bool) {
	if len(set) == 0 {
		return Passes, true
	}
	a := s.answer(set)
	if a == Unknown {
		s.result.Ask = slices.Clone(set)
		return Unknown, false
	}
	if k := Key(set); !s.seen[k] {
		s.seen[k] = true
		s.result.Asked++
	}
	return a, true
}

// minimise reduces a failing set: to one of n parts when that part fails, else
// to the complement of one, else with finer parts.
func (s *search) minimise(set []string) (Culprit, bool) {
	n := 2
	for len(set) > 1 {
		n = min(n, len(set))
		parts := split(set, n)
		next, ok := s.firstFailing(parts)
		if !ok {
			return Culprit{}, false
		}
		if next != nil {
			set, n = next, 2
			continue
		}
		if n > 2 { // with two parts the complements are the parts
			next, ok = s.firstFailing(complements(set, parts))
			if !ok {
				return Culprit{}, false
			}
			if next != nil {
				set, n = next, n-1
				continue
			}
		}
		if n == len(set) {
			break
		}
		n = 2 * n
	}
	minimal, ok := s.isMinimal(set)
	return Culprit{Set: set, Minimal: minimal}, ok
}

func (s *search) firstFailing(sets [][]string) ([]string, bool) {
	for _, set := range sets {
		a, ok := s.test(set)
		if !ok {
			return nil, false
		}
		if a == Fails {
			return set, true
		}
	}
	return nil, true
}

// isMinimal: every set with one element less passes.
func (s *search) isMinimal(set []string) (bool, bool) {
	for _, e := range set {
		a, ok := s.test(without(set, []string{e}))
		if !ok {
			return false, false
		}
		if a != Passes {
			return false, true
		}
	}
	return true, true
}

// split cuts a set into n parts whose sizes differ by at most one.
func split(set []string, n int) [][]string {
	parts := make([][]string, 0, n)
	for i := range n {
		parts = append(parts, set[i*len(set)/n:(i+1)*len(set)/n])
	}
	return parts
}

func complements(set []string, parts [][]string) [][]string {
	out := make([][]string, 0, len(parts))
	for _, p := range parts {
		out = append(out, without(set, p))
	}
	return out
}

func without(set, drop []string) []string {
	out := make([]string, 0, len(set))
	for _, e := range set {
		if !slices.Contains(drop, e) {
			out = append(out, e)
		}
	}
	return out
}
