package session

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/assay-bench/assay/core/stats"
)

// settledAt is after how many windows a warm-up ends, all of them if it does not.
func settledAt(windows []float64) int {
	for n := 1; n <= len(windows); n++ {
		if settled(windows[:n]) {
			return n
		}
	}
	return len(windows)
}

// Each kind of warm-up is simulated 200 times, over 100 windows.
func TestWarmUpsSettle(t *testing.T) {
	slower := func(rng *rand.Rand, share float64) float64 { return 1 + share*math.Abs(rng.NormFloat64()) }
	cases := []struct {
		name string
		// window i, in ns per iteration; walk is a random walk of steps 1.
		at func(rng *rand.Rand, i int, walk float64) float64
		// The windows after which 1 in 10, half and 9 in 10 have ended.
		tenth, half, most [2]int // least and most
	}{
		{"a machine without noise", func(*rand.Rand, int, float64) float64 { return 100 },
			[2]int{8, 8}, [2]int{8, 8}, [2]int{8, 8}},
		{"noise of 1 %", func(rng *rand.Rand, _ int, _ float64) float64 { return 100 * slower(rng, 0.01) },
			[2]int{8, 8}, [2]int{8, 8}, [2]int{8, 10}},
		{"noise of 20 %", func(rng *rand.Rand, _ int, _ float64) float64 { return 100 * slower(rng, 0.2) },
			[2]int{8, 8}, [2]int{8, 8}, [2]int{8, 10}},
		{"a machine that wanders by 0.5 % a window", func(rng *rand.Rand, _ int, walk float64) float64 {
			return 100 * math.Exp(0.005*walk) * slower(rng, 0.01)
		}, [2]int{8, 8}, [2]int{8, 8}, [2]int{8, 14}},
		{"a machine that gets slower", func(rng *rand.Rand, i int, _ float64) float64 {
			return 100 * (1 + 0.01*float64(i)) * slower(rng, 0.01)
		}, [2]int{8, 8}, [2]int{8, 8}, [2]int{8, 8}},
		{"a drift of 0.05 % a window, too small to wait for", func(rng *rand.Rand, i int, _ float64) float64 {
			return 100 * (1 - 0.0005*float64(i)) * slower(rng, 0.0001)
		}, [2]int{8, 8}, [2]int{8, 8}, [2]int{8, 8}},
		{"a cold first window", func(rng *rand.Rand, i int, _ float64) float64 {
			if i == 0 {
				return 300
			}
			return 100 * slower(rng, 0.03)
		}, [2]int{8, 8}, [2]int{8, 9}, [2]int{8, 11}},
		{"caches that fill within ten windows", func(rng *rand.Rand, i int, _ float64) float64 {
			return 100 * (1 + math.Exp(-float64(i)/3)) * slower(rng, 0.02)
		}, [2]int{11, 20}, [2]int{12, 24}, [2]int{12, 30}},
		{"a clock that rises for 40 windows by 1 %, with noise of 1 %", func(rng *rand.Rand, i int, _ float64) float64 {
			return 100 * (1 + 0.01*float64(max(0, 40-i))) * slower(rng, 0.01)
		}, [2]int{40, 48}, [2]int{42, 50}, [2]int{42, 54}},
		{"a clock that rises for 40 windows by 0.3 %, with little noise", func(rng *rand.Rand, i int, _ float64) float64 {
			return 100 * (1 + 0.003*float64(max(0, 40-i))) * slower(rng, 0.002)
		}, [2]int{40, 48}, [2]int{42, 50}, [2]int{42, 54}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(3, 9))
			var ends []int
			for range 200 {
				var windows []float64
				walk := 0.0
				for i := range 100 {
					walk += rng.NormFloat64()
					windows = append(windows, c.at(rng, i, walk))
				}
				ends = append(ends, settledAt(windows))
			}
			slices.Sort(ends)
			for _, q := range []struct {
				name string
				got  int
				want [2]int
			}{{"one in ten", ends[20], c.tenth}, {"half", ends[100], c.half}, {"nine in ten", ends[180], c.most}} {
				if q.got < q.want[0] || q.got > q.want[1] {
					t.Errorf("%s of the warm-ups ended after %d windows, want %d to %d", q.name, q.got, q.want[0], q.want[1])
				}
			}
		})
	}
}

// Warm-ups of kernels on a busy machine of two cores, recorded to their limit of
// 300 ms because three windows in a row never agreed within 1 %.
func TestRecordedWarmUpsSettleAndLoseNothing(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("testdata", "warmups.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all [][]float64
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	var used, had int
	var later []float64
	for i, windows := range all {
		n := settledAt(windows)
		if n == len(windows) {
			t.Errorf("warm-up %d does not settle in %d windows", i, n)
		}
		used, had = used+n, had+len(windows)
		later = append(later, stats.Median(windows[n:])/warmTime(windows[:n]))
	}
	if used*3 > had {
		t.Errorf("%d windows of %d were needed, want at most a third", used, had)
	}
	if gain := stats.Median(later); gain < 0.98 {
		t.Errorf("windows after the end take %.3f of the time at the end, want 0.98 or more: the end came too early", gain)
	}
}
