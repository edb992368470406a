package moe

import (
	"crypto/sha256"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/assay-bench/assay/metal/kernels"
)

// routed resolves a routing, uniform unless it says otherwise.
func routed(t *testing.T, r Resolved, c Routing) Router {
	t.Helper()
	if c.Law == "" {
		c.Law = uniformly
	}
	router, faults := c.Resolve(r, 1)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return router
}

func inputs(t *testing.T, r Resolved, c Routing, layers, tokens int) *Inputs {
	t.Helper()
	in, err := NewInputs(&kernels.Buffers{Device: device(t)}, 7, "prefill", r, routed(t, r, c), layers, tokens, true)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// The choices of results that exist, and those of the plugin mlx.
func TestUniformChoicesStay(t *testing.T) {
	for tokens, want := range map[int]string{
		1: "844ea863c3e1750de2d0274ef5ec228f9658efdb7530e01f47ceff77c3c49e98",
		5: "da155e6ac64919b8919aa43875f924fff21659616ec6b205afc3ea46f9c6ea23",
	} {
		in := inputs(t, tiny(t, 2), Routing{}, 2, tokens)
		if got := fmt.Sprintf("%x", sha256.Sum256([]byte(fmt.Sprint(in.routes)))); got != want {
			t.Errorf("%d tokens choose others than they did: %v", tokens, in.routes)
		}
	}
}

// sequences gives each choice of k of the experts, in order, its probability.
func sequences(w []float64, k int, visit func(chosen []int, p float64)) {
	var next func(chosen []int, p float64)
	next = func(chosen []int, p float64) {
		if len(chosen) == k {
			visit(chosen, p)
			return
		}
		left := 0.0
		for e := range w {
			if !slices.Contains(chosen, e) {
				left += w[e]
			}
		}
		for e := range w {
			if !slices.Contains(chosen, e) {
				next(append(slices.Clone(chosen), e), p*w[e]/left)
			}
		}
	}
	next(nil, 1)
}

// The law is that of Router's comment, of which each term is computed here: whole
// choices in their order, by Pearson's χ².
func TestZipfChoicesFollowTheirLaw(t *testing.T) {
	const experts, draws = 6, 200_000
	for _, tt := range []struct {
		s     float64
		k     int
		limit float64 // 99.9 % of χ² are below, of one degree of freedom fewer than choices
	}{
		{0, 1, 20.5}, {1.2, 1, 20.5}, {0, 2, 58.3}, {0.5, 2, 58.3}, {1.2, 2, 58.3}, {2, 2, 58.3}, {1, 3, 170.9},
	} {
		w := make([]float64, experts)
		for i := range w {
			w[i] = math.Pow(float64(i+1), -tt.s)
		}
		count := map[string]int{}
		choose := Router{law: zipf, experts: experts, k: tt.k, weights: popularity(experts, tt.s)}.from(newStream(3, "law"))
		for range draws {
			count[fmt.Sprint(choose())]++
		}
		chi2, seen := 0.0, 0
		sequences(w, tt.k, func(chosen []int, p float64) {
			n := float64(count[fmt.Sprint(chosen)])
			chi2 += (n - draws*p) * (n - draws*p) / (draws * p)
			seen += int(n)
		})
		if seen != draws {
			t.Errorf("s = %g, k = %d: %d of %d choices are none of %d experts in order", tt.s, tt.k, draws-seen, draws, tt.k)
		}
		if chi2 > tt.limit {
			t.Errorf("s = %g, k = %d: χ² is %.1f, above %g", tt.s, tt.k, chi2, tt.limit)
		}
	}
}

// A step's distinct experts are those of the law: Σ 1 − (1 − π)^tokens, where π is the
// probability that an expert is among a token's k.
func TestDistinctExpertsFollowTheLaw(t *testing.T) {
	const experts, k, tokens, steps = 6, 2, 4, 20_000
	for _, s := range []float64{0, 1, 3} {
		w, among := make([]float64, experts), make([]float64, experts)
		for i := range w {
			w[i] = math.Pow(float64(i+1), -s)
		}
		sequences(w, k, func(chosen []int, p float64) {
			for _, e := range chosen {
				among[e] += p
			}
		})
		want, got := 0.0, 0.0
		for _, p := range among {
			want += 1 - math.Pow(1-p, tokens)
		}
		stream := newStream(5, "distinct")
		choose := Router{law: zipf, experts: experts, k: k, weights: popularity(experts, s)}.from(stream)
		for _, sel := range Selections(stream.perm(experts), choose, tokens, steps) {
			got += float64(sel.Distinct()) / steps
		}
		if math.Abs(got-want) > 0.02 { // a step deviates by less than 1, so that 0.02 is three standard errors
			t.Errorf("s = %g: %.3f experts, want %.3f", s, got, want)
		}
	}
}

func TestSkewTouchesFewerExperts(t *testing.T) {
	r, last := qwen(t), math.Inf(1)
	for _, s := range []float64{0, 0.6, 1.2, 2, 4} {
		in := inputs(t, r, Routing{Law: zipf, Skew: &s}, 1, 64)
		if got := in.Distinct(); got >= last || got < float64(r.TopK) {
			t.Errorf("exponent %g touches %.1f of 128 experts, the exponent below %.1f", s, got, last)
		} else {
			last = got
		}
		for step := range in.Steps() {
			if len(in.Route(step)) != 64 {
				t.Errorf("%d tokens", len(in.Route(step)))
			}
		}
	}
	if even, skewed := inputs(t, r, Routing{}, 1, 4), inputs(t, r, Routing{Law: zipf, Skew: new(2.0)}, 1, 4); skewed.Passes <= even.Passes {
		t.Errorf("%d passes where steps touch fewer experts, %d where all are alike", skewed.Passes, even.Passes)
	}
}

func record(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "routes.txt")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A step's tokens share what they share in the file; across steps the experts are
// those unused for longest.
func TestRecordedExperts(t *testing.T) {
	path := record(t, "# layer 3\n0 1\n1,2\r\n  3\t0  \n")
	in := inputs(t, tiny(t, 1), Routing{Law: recorded, File: &path}, 1, 2)
	shared := []int{}
	for step := range in.Steps() {
		shared = append(shared, 4-in.Route(step).Distinct())
	}
	// tokens 0 1 | 2 0 | 1 2 | 0 1 | …
	if in.Passes < 4 || !slices.Equal(shared[:4], []int{1, 1, 0, 1}) {
		t.Errorf("%v experts are shared by the tokens of a step, want 1 1 0 1: %v", shared, in.routes)
	}
	seen := map[int]bool{}
	for step := range in.Steps() {
		for _, e := range in.Route(step).Flat() {
			seen[int(e)] = true
		}
	}
	if len(seen) != 16 {
		t.Errorf("a cold rotation goes through %d of 16 experts", len(seen))
	}
	if !strings.Contains(routed(t, tiny(t, 1), Routing{Law: recorded, File: &path}).String(), "recorded, 3 tokens") {
		t.Error("the fact does not say what was recorded")
	}
}

func TestRoutingFaults(t *testing.T) {
	dir := t.TempDir()
	pipe, huge, missing := filepath.Join(dir, "pipe"), filepath.Join(dir, "huge"), filepath.Join(dir, "none")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip("the file system has no pipes:", err)
	}
	if err := os.WriteFile(huge, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(huge, 1<<40); err != nil {
		t.Fatal(err)
	}
	file := func(text string) Routing { return Routing{Law: recorded, File: new(record(t, text))} }
	for _, tt := range []struct {
		name, path, want string
		c                Routing
	}{
		{"index", "routing_file", `routes.txt:2: "16" is no expert; they are numbered 0 to 15`, file("0 1\n2 16\n0 1\n0 1\n")},
		{"negative", "routing_file", `"-1" is no expert`, file("0 -1\n")},
		{"no number", "routing_file", `"a\x1b" is no expert`, file("0 a\x1b\n")},
		{"long", "routing_file", `is no expert`, file("0 " + strings.Repeat("9", 1<<20))},
		{"twice", "routing_file", "routes.txt:1: expert 3 stands twice; a token passes 2 different ones", file("3 3\n")},
		{"top-k", "routing_file", "routes.txt:3: 3 experts, but each token passes 2", file("0 1\n# and\n1 2 3\n")},
		{"blank", "routing_file", "routes.txt:2: 0 experts, but each token passes 2", file("0 1\n\n1 2\n")},
		{"empty", "routing_file", "has 0 tokens, and a step of the configuration has 3", file("")},
		{"short", "routing_file", "has 2 tokens, and a step of the configuration has 3: record more", file("0 1\n2 3")},
		{"missing", "routing_file", "no such file", Routing{Law: recorded, File: &missing}},
		{"folder", "routing_file", "it is no regular file; give a text file", Routing{Law: recorded, File: &dir}},
		{"pipe", "routing_file", "it is no regular file", Routing{Law: recorded, File: &pipe}},
		{"endless", "routing_file", "it is no regular file", Routing{Law: recorded, File: new("/dev/zero")}},
		{"huge", "routing_file", "it is too large", Routing{Law: recorded, File: &huge}},
		{"none", "routing_file", "needs routing_file", Routing{Law: recorded}},
		{"file of zipf", "routing_file", "leave routing_file out", Routing{Law: zipf, File: &missing}},
		{"exponent of uniform", "routing_skew", "leave routing_skew out", Routing{Law: uniformly, Skew: new(1.0)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, found := tt.c.Resolve(tiny(t, 1), 1, 3)
			if len(found) != 1 || found[0].Path != tt.path || !strings.Contains(found[0].Detail, tt.want) || len(found[0].Detail) > 400 {
				t.Errorf("%v, want one fault of %s: %s", found, tt.path, tt.want)
			}
		})
	}
}
