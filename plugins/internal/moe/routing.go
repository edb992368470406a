package moe

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/metal/regular"
)

// Routing is what a configuration says about the experts that tokens choose, for
// plugins that choose in the place of a model's router; they embed it.
type Routing struct {
	Law  string   `assay:"routing" help:"how tokens choose experts: uniform, all alike; zipf, some are more popular; recorded, as routing_file says" default:"uniform" oneof:"uniform,zipf,recorded"`
	Skew *float64 `assay:"routing_skew" help:"of zipf: exponent s; the popularity of the r-th expert is proportional to 1/r^s; left out: 1" min:"0" max:"4"`
	File *string  `assay:"routing_file" path:"true" help:"of recorded: text with a line per token, the numbers of its experts; lines that begin with # are left out"`
}

// The laws.
const (
	uniformly = "uniform"
	zipf      = "zipf"
	recorded  = "recorded"
)

// Router chooses experts. Each token of a step draws k different ones of E:
//
//   - uniform: every set of k is as likely as any other.
//
//   - zipf: one after the other without replacement, each with a probability
//     proportional to its popularity among those that are left. In this order the
//     experts e1, …, ek have the probability
//
//     ∏ⱼ w(eⱼ) / (Σ w − w(e1) − … − w(eⱼ₋₁)),  w(r) = r^−s for the r-th of E.
//
//     That is the Plackett–Luce model (R. D. Luce, Individual Choice Behavior, 1959;
//     R. L. Plackett, The Analysis of Permutations, Applied Statistics 24, 1975) with
//     Zipf's popularities. A softmax router chooses so whose logits are ln w(r) plus
//     independent Gumbel noise (J. I. Yellott, J. Math. Psychology 15, 1977). The first
//     choice follows Zipf's law; that an expert is among k > 1 choices is less skewed,
//     as no token chooses the most popular one twice. s = 0 is uniform.
//
//   - recorded: what the next line of a file says, from the first on after the last.
//
// Which expert is the r-th, or has a number of the file, is up to [Selections].
type Router struct {
	law        string
	skew       float64
	experts, k int
	weights    []uint64 // of zipf, by rank
	tokens     []int    // of recorded, k experts each
}

// mostRecorded bounds a file, in bytes.
const mostRecorded = 16 << 20

// Resolve checks a Routing for experts and phases of so many tokens. Every fault is
// returned, each with its attribute.
func (c Routing) Resolve(r Resolved, tokens ...int) (Router, []sdk.Diagnostic) {
	out, found := Router{law: c.Law, skew: 1, experts: r.Experts, k: r.TopK}, c.stray()
	switch {
	case len(found) > 0:
	case c.Law == zipf:
		if c.Skew != nil {
			out.skew = *c.Skew
		}
		out.weights = popularity(r.Experts, out.skew)
	case c.Law == recorded && c.File == nil:
		found.add("routing_file", "no file is recorded", "routing = %q needs routing_file, text with a line per token: the numbers of its %d experts", recorded, r.TopK)
	case c.Law == recorded:
		if err := out.read(*c.File, slices.Max(tokens)); err != nil {
			found.add("routing_file", "recorded experts cannot be used", "%v", err)
		}
	}
	return out, found
}

// OfModel are the faults where a model's own router chooses.
func (c Routing) OfModel() []sdk.Diagnostic {
	found := c.stray()
	if c.Law != uniformly {
		found.add("routing", "a model's own router chooses its experts",
			"its logits come from the hidden state, whose noise is not independent from token to token, so that no bias on them gives routing = %q: leave it out, or measure blocks", c.Law)
	}
	return found
}

// stray finds what belongs to another law.
func (c Routing) stray() (found faults) {
	if c.Skew != nil && c.Law != zipf {
		found.add("routing_skew", "only zipf has an exponent", "routing = %q has none: leave routing_skew out, or write routing = %q", c.Law, zipf)
	}
	if c.File != nil && c.Law != recorded {
		found.add("routing_file", "only recorded reads a file", "routing = %q reads none: leave routing_file out, or write routing = %q", c.Law, recorded)
	}
	return found
}

// popularity is w(r) = r^−s in whole numbers, so that rounding in the last place of a
// power does not depend on the machine; the error is at most one part in 2^48·w(r).
func popularity(experts int, s float64) []uint64 {
	out := make([]uint64, experts)
	for r := range out {
		out[r] = max(1, uint64(math.Pow(float64(r+1), -s)*(1<<48)))
	}
	return out
}

// read takes a file with at least so many tokens: fewer would choose alike within one
// step, as if they were the same token.
func (r *Router) read(path string, tokens int) error {
	b, err := regular.Read(path, mostRecorded)
	if err != nil {
		return fmt.Errorf("%w; give a text file with a line per token", err)
	}
	number := 0
	for line := range bytes.Lines(b) {
		number++
		if text := strings.TrimSpace(string(line)); !strings.HasPrefix(text, "#") {
			if err := r.token(text); err != nil {
				return fmt.Errorf("%s:%d: %w", path, number, err)
			}
		}
	}
	if have := len(r.tokens) / r.k; have < tokens {
		return fmt.Errorf("%s has %d tokens, and a step of the configuration has %d: record more, or set tokens and prompt_tokens to at most as many", path, have, tokens)
	}
	return nil
}

// token reads the experts of one line, with spaces or commas between them.
func (r *Router) token(text string) error {
	words := strings.FieldsFunc(text, func(c rune) bool { return c == ',' || c == ' ' || c == '\t' })
	if len(words) != r.k {
		return fmt.Errorf("%d experts, but each token passes %d", len(words), r.k)
	}
	first := len(r.tokens)
	for _, word := range words {
		e, err := strconv.Atoi(word)
		switch {
		case err != nil || e < 0 || e >= r.experts:
			return fmt.Errorf("%.20q is no expert; they are numbered 0 to %d", word, r.experts-1)
		case slices.Contains(r.tokens[first:], e):
			return fmt.Errorf("expert %d stands twice; a token passes %d different ones", e, r.k)
		}
		r.tokens = append(r.tokens, e)
	}
	return nil
}

// from draws the experts of one token after the other.
func (r Router) from(s *stream) func() []int {
	next := 0
	return func() []int {
		switch r.law {
		case zipf:
			return s.weighted(r.weights, r.k)
		case recorded:
			at := next % len(r.tokens)
			next += r.k
			return r.tokens[at : at+r.k]
		}
		return s.perm(r.experts)[:r.k]
	}
}

// distinct is about how many experts a step of so many tokens touches.
func (r Router) distinct(s *stream, tokens int) int {
	if r.law != uniformly {
		return Selections(s.perm(r.experts), r.from(s), tokens, 1)[0].Distinct()
	}
	missed := 1.0
	for range tokens {
		missed *= 1 - float64(r.k)/float64(r.experts)
	}
	return max(int(float64(r.experts)*(1-missed)), r.k)
}

// String is the fact `routing` of a result.
func (r Router) String() string {
	switch r.law {
	case zipf:
		return fmt.Sprintf("zipf, exponent %g", r.skew)
	case recorded:
		return fmt.Sprintf("recorded, %d tokens", len(r.tokens)/r.k)
	}
	return r.law
}
