package session

import (
	"slices"
	"testing"
)

func TestPalindromeIsSeededAndMirrored(t *testing.T) {
	arms := []string{"a", "b", "c", "control"}
	orders := map[string]bool{}
	for round := range 50 {
		first, second := palindrome(7, "bits=4", "decode", round, arms)
		again, _ := palindrome(7, "bits=4", "decode", round, arms)
		if !slices.Equal(first, again) {
			t.Fatalf("round %d: the same seed gave two orders", round)
		}
		slices.Reverse(second)
		if !slices.Equal(first, second) {
			t.Fatalf("round %d: the way back is not the way there reversed", round)
		}
		key := ""
		for _, a := range first {
			key += a + " "
		}
		orders[key] = true
	}
	if len(orders) < 15 {
		t.Errorf("50 rounds gave only %d of 24 orders", len(orders))
	}
}

func TestSeedsDifferAndFitDoubles(t *testing.T) {
	seen := map[uint64]bool{}
	for round := range 100 {
		for _, phase := range []string{"decode", "prefill"} {
			s := derive(1, "case", phase, round)
			if s >= 1<<53 {
				t.Fatalf("seed %d does not fit a double", s)
			}
			seen[s] = true
		}
	}
	if len(seen) != 200 {
		t.Errorf("%d distinct seeds of 200", len(seen))
	}
}
