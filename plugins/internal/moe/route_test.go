package moe

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func testRNG() *rand.Rand { return rand.New(rand.NewPCG(7, 7)) }

// uniformSelections draws n iterations of k of so many experts.
func uniformSelections(experts, k, tokens, n int) []Selection {
	s := newStream(7, "test experts")
	return Selections(s.perm(experts), Router{law: uniformly, experts: experts, k: k}.from(s), tokens, n)
}

func TestSelectionsAreTopK(t *testing.T) {
	for _, tokens := range []int{1, 4, 64} {
		for i, s := range uniformSelections(128, 8, tokens, 5) {
			if len(s) != tokens {
				t.Fatalf("iteration %d has %d tokens, want %d", i, len(s), tokens)
			}
			for _, experts := range s {
				sorted := slices.Clone(experts)
				slices.Sort(sorted)
				if len(slices.Compact(sorted)) != 8 || sorted[0] < 0 || sorted[len(sorted)-1] >= 128 {
					t.Errorf("iteration %d: %v are not 8 distinct experts of 128", i, experts)
				}
			}
		}
	}
}

// One token at a time goes through every expert before any comes again, also
// where the rotation starts over.
func TestDecodeSelectionsGoThroughAllExperts(t *testing.T) {
	n := passes(128, 8, 1)
	if n != 16 {
		t.Fatalf("%d passes, want 16", n)
	}
	seen := map[int]int{}
	for _, s := range uniformSelections(128, 8, 1, n) {
		for _, e := range s[0] {
			seen[e]++
		}
	}
	for e := range 128 {
		if seen[e] != 1 {
			t.Errorf("expert %d is used %d times in a rotation, want once", e, seen[e])
		}
	}
}

func TestSelectionsOverlapLikeARouter(t *testing.T) {
	total := 0
	all := uniformSelections(128, 8, 4, 50)
	for _, s := range all {
		total += s.Distinct()
	}
	// 128·(1−(1−8/128)⁴) = 29.1 distinct experts are expected of 4 tokens.
	if mean := float64(total) / float64(len(all)); mean < 28 || mean > 30.2 {
		t.Errorf("4 tokens touch %.1f experts on average, want about 29.1", mean)
	}
}

func TestLogitsMakeTheRouterChooseTheSelection(t *testing.T) {
	rng := testRNG()
	for _, s := range uniformSelections(32, 4, 3, 10) {
		logits := s.Logits(func() float32 { return float32(rng.NormFloat64()) }, 32)
		for tok, chosen := range s {
			row := logits[tok*32 : (tok+1)*32]
			order := make([]int, 32)
			for i := range order {
				order[i] = i
			}
			slices.SortFunc(order, func(a, b int) int {
				if row[a] > row[b] {
					return -1
				}
				return 1
			})
			got, want := order[:4], slices.Clone(chosen)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("top 4 are %v, want %v", got, want)
			}
		}
	}
}

func TestPasses(t *testing.T) {
	for _, tt := range []struct{ layers, tokens, want int }{
		{1, 1, 16}, {2, 1, 16}, {8, 1, 8}, {48, 1, 2}, {1, 4, 5}, {1, 64, 2},
	} {
		if got := passes(128, routed(t, qwen(t), Routing{}).distinct(nil, tt.tokens), tt.layers); got != tt.want {
			t.Errorf("%d layers, %d tokens: %d passes, want %d", tt.layers, tt.tokens, got, tt.want)
		}
	}
}

func qwen(t *testing.T) Resolved {
	t.Helper()
	r, faults := Spec{Model: "qwen3-30b-a3b", DType: new("bf16"), Layers: 1}.Resolve()
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return r
}
