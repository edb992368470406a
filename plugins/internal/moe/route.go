package moe

import "slices"

// Selection is what a router chose for one iteration: for each token its TopK
// distinct experts.
type Selection [][]int

// Distinct counts the experts that are touched.
func (s Selection) Distinct() int {
	seen := map[int]bool{}
	for _, token := range s {
		for _, e := range token {
			seen[e] = true
		}
	}
	return len(seen)
}

// Flat is [T·k], as kernels read it.
func (s Selection) Flat() []uint32 {
	var out []uint32
	for _, token := range s {
		for _, e := range token {
			out = append(out, uint32(e))
		}
	}
	return out
}

// Selections draws n iterations for one layer. Within an iteration each token takes
// the experts that choose gives it next, so that tokens overlap as they do behind such
// a router. Which experts these are is another matter: the numbers of choose are names
// for an iteration, and the experts that it touches are always those unused for
// longest. In a model every layer has weights of its own, and one layer that stands for
// many must not find its own in a cache. oldest is the order that they begin with.
func Selections(oldest []int, choose func() []int, tokens, n int) []Selection {
	out := make([]Selection, n)
	for i := range out {
		name := map[int]int{} // number of choose -> expert
		s := make(Selection, tokens)
		for t := range s {
			for _, label := range choose() {
				e, ok := name[label]
				if !ok {
					e = oldest[len(name)]
					name[label] = e
				}
				s[t] = append(s[t], e)
			}
		}
		used := len(name)
		oldest = append(oldest[used:], oldest[:used]...)
		out[i] = s
	}
	return out
}

// Logits are router outputs that make a top-k gating choose s: numbers that normal
// draws, the largest given to the chosen experts, with a gap below them that survives
// rounding to 16 bits.
func (s Selection) Logits(normal func() float32, experts int) []float32 {
	const gap = 0.25
	out := make([]float32, 0, len(s)*experts)
	for _, chosen := range s {
		row := make([]float32, experts)
		least := float32(0)
		for e := range row {
			row[e] = normal()
		}
		for e, v := range row {
			if !slices.Contains(chosen, e) {
				least = max(least, v)
			}
		}
		for _, e := range chosen {
			row[e] = least + gap + abs(row[e])
		}
		out = append(out, row...)
	}
	return out
}

func abs(v float32) float32 { return max(v, -v) }

func sequence(n int, f func(int) int) []uint32 {
	out := make([]uint32, n)
	for i := range out {
		out[i] = uint32(f(i))
	}
	return out
}
