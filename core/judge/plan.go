package judge

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/assay-bench/assay/core/stats"
)

// Method is what an author chooses of the method, and what the configuration
// implies.
type Method struct {
	// Confidence of the whole experiment, 0.95 when 0.
	Confidence float64 `json:"confidence"`
	// Rounds at the first look, 8 when 0.
	Rounds int `json:"rounds"`
	// MaxRounds at the last look, 24 when 0. Equal to Rounds: one look.
	MaxRounds int `json:"max_rounds"`
	// Spending of the error over the looks, stats.Pocock when empty.
	Spending stats.Spending `json:"spending"`
	// Claims is the number of guardrail × case × variant tests, and of bounds that
	// asserts hang on; 1 when 0. PlanFor counts them.
	Claims int `json:"claims"`
	// Ends are those of the claims that are bounds of asserts. They take more rounds
	// than others (see assertShare).
	Ends int `json:"ends,omitempty"`
	// Stored are those of the claims that are against a stored session, which has
	// half of their error (see sessionShare).
	Stored int `json:"stored,omitempty"`
	// Controls is the number of case × quantity pairs that a relative guardrail or a
	// ratio in an assert watches, each of which has a control; 1 when 0.
	Controls int `json:"controls"`
	// Races is the number of select block × case decisions on noisy aims, which
	// share the error among themselves as the claims do.
	Races int `json:"races,omitempty"`
}

// A Look is a planned moment at which the data may be looked at.
type Look struct {
	Rounds int `json:"rounds"`
	// Alpha is this look's share of 1-Confidence, for all claims together.
	Alpha float64 `json:"alpha"`
}

// A Plan is a Method with its looks. It is made before the data and kept in the
// result document, so that anyone can judge again.
type Plan struct {
	Method
	Looks []Look `json:"looks"`
	// Notes say in a sentence each what NewPlan changed, such as rounds raised
	// to the fewest at which a verdict is possible.
	Notes []string `json:"notes,omitempty"`
}

// NewPlan lays out one to three looks: at Rounds, half way and at MaxRounds. It
// raises Rounds (and MaxRounds with it) to the fewest at which a pass is
// possible under the correction in force, and at which the control could be
// found biased. It raises MaxRounds to the fewest at which a verdict is possible
// beside a noisy control, which takes more rounds (see doubtShare); a plan with
// one look keeps one. Notes say what was raised.
func NewPlan(m Method) (Plan, error) {
	m = withDefaults(m)
	if !(m.Confidence >= 0.5 && m.Confidence < 1) {
		return Plan{}, fmt.Errorf("confidence: %v, want at least 0.5 and less than 1", m.Confidence)
	}
	if m.Rounds < 1 || m.Claims < 1 || m.Controls < 1 {
		return Plan{}, fmt.Errorf("method: %d rounds, %d claims and %d controls, want at least 1 of each", m.Rounds, m.Claims, m.Controls)
	}
	if m.MaxRounds < m.Rounds {
		return Plan{}, fmt.Errorf("max_rounds: %d is less than rounds %d", m.MaxRounds, m.Rounds)
	}
	if m.MaxRounds > stats.MaxExact {
		return Plan{}, fmt.Errorf("max_rounds: %d, want at most %d", m.MaxRounds, stats.MaxExact)
	}
	asked := m
	for ; m.Rounds <= stats.MaxExact; m.Rounds++ {
		for m.MaxRounds = max(asked.MaxRounds, m.Rounds); m.MaxRounds <= stats.MaxExact; m.MaxRounds++ {
			looks, err := lookLevels(m)
			if err != nil {
				return Plan{}, err
			}
			p := Plan{Method: m, Looks: looks, Notes: raised(asked, m)}
			least := leastP(m.Rounds)
			if least > p.part()*p.share(0) || least > p.sessions()*p.controlShare(looks[0]) {
				break // and a later last look leaves the first one even less
			}
			if p.settlesBesideNoise() {
				return p, nil
			}
			if len(looks) == 1 {
				break
			}
		}
	}
	return Plan{}, fmt.Errorf("method: %d claims and %d controls at confidence %v need more than %d rounds", m.Claims, m.Controls, m.Confidence, stats.MaxExact)
}

// leastP is the smallest p-value that so many rounds can give.
func leastP(rounds int) float64 { return math.Pow(0.5, float64(rounds)) }

// settlesBesideNoise says that some look has the rounds for a verdict beside a
// noisy control, and for an assert's answer beside a biased one.
func (p Plan) settlesBesideNoise() bool {
	return slices.ContainsFunc(p.Looks, func(l Look) bool {
		return leastP(l.Rounds) <= p.part()*doubtShare*l.Alpha/float64(p.Claims)
	})
}

// PlanFor is NewPlan for an experiment with these cases. Claims and Controls are
// counted, but never below what m says: a guardrail counts in the cases in which
// it is asked, one that is judged as it is does not, and only relative ones have
// a control. Of an assert each bound counts that could make it true by mistake.
// Without a claim there is nothing that more rounds could settle, and the rounds
// asked for are measured once.
func PlanFor(m Method, guardrails []Guardrail, asserts []Assert, cases []Place) (Plan, error) {
	claims, ends, stored, controls := 0, 0, 0, map[[2]string]bool{}
	for _, c := range cases {
		for _, g := range guardrails {
			if !g.Asks(c.Case) || g.AsIs() {
				continue
			}
			n := CountClaims([]Guardrail{g}, 1, len(c.Variants))
			claims += n
			if g.Against != "" {
				stored += n
			}
			if !g.Absolute() {
				controls[[2]string{c.Case, g.Of()}] = true
			}
		}
	}
	for _, a := range Ask(asserts, cases) {
		if n := a.claims(); n > 0 {
			ends += n
			a.controls(controls)
		}
	}
	claims += ends
	if claims == 0 && m.Claims == 0 {
		if m.Confidence == 0 {
			m.Confidence = 0.95
		}
		return Plan{Method: m, Looks: []Look{{Rounds: m.Rounds, Alpha: 1 - m.Confidence}}}, nil
	}
	m.Claims, m.Ends, m.Stored, m.Controls = max(m.Claims, claims), max(m.Ends, ends), max(m.Stored, stored), max(m.Controls, len(controls))
	return NewPlan(m)
}

func withDefaults(m Method) Method {
	if m.Confidence == 0 {
		m.Confidence = 0.95
	}
	if m.Rounds == 0 {
		m.Rounds = 8
	}
	if m.MaxRounds == 0 {
		m.MaxRounds = max(24, m.Rounds)
	}
	if m.Spending == "" {
		m.Spending = stats.Pocock
	}
	if m.Claims == 0 {
		m.Claims = 1
	}
	if m.Controls == 0 {
		m.Controls = 1
	}
	return m
}

// lookLevels places the looks. Fewer than four rounds between first and last
// are not worth a look in the middle.
func lookLevels(m Method) ([]Look, error) {
	rounds := []int{m.Rounds}
	if m.MaxRounds-m.Rounds >= 4 {
		rounds = append(rounds, (m.Rounds+m.MaxRounds)/2)
	}
	if m.MaxRounds > m.Rounds {
		rounds = append(rounds, m.MaxRounds)
	}
	alphas, err := stats.LookAlphas(rounds, 1-m.Confidence, m.Spending)
	if err != nil {
		return nil, err
	}
	looks := make([]Look, len(rounds))
	for i := range looks {
		looks[i] = Look{Rounds: rounds[i], Alpha: alphas[i]}
	}
	return looks, nil
}

func raised(asked, m Method) []string {
	var what []string
	if m.Rounds != asked.Rounds {
		what = append(what, fmt.Sprintf("rounds raised from %d to %d", asked.Rounds, m.Rounds))
	}
	if m.MaxRounds != asked.MaxRounds {
		what = append(what, fmt.Sprintf("max_rounds raised from %d to %d", asked.MaxRounds, m.MaxRounds))
	}
	if len(what) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%s, the fewest at which a verdict is possible, also beside a noisy control, with %d %s and %d %s at %s confidence",
		strings.Join(what, " and "), m.Claims, plural(m.Claims, "claim"), m.Controls, plural(m.Controls, "control"), Percent(m.Confidence))}
}

// NextLook is the first look with more than the given number of rounds; false
// when the last look is behind.
func (p Plan) NextLook(rounds int) (Look, bool) {
	for _, l := range p.Looks {
		if l.Rounds > rounds {
			return l, true
		}
	}
	return Look{}, false
}

// lookAt is the index of the look that so many rounds belong to: the first that
// wants at least as many, else the last.
func (p Plan) lookAt(rounds int) int {
	for i, l := range p.Looks {
		if rounds <= l.Rounds {
			return i
		}
	}
	return len(p.Looks) - 1
}

// share is the level of one claim at look k before Holm's procedure.
func (p Plan) share(k int) float64 { return p.Looks[k].Alpha / float64(p.Claims) }

// part is that of a claim's error which is left to the claim that takes the most
// rounds.
func (p Plan) part() float64 {
	if p.Ends > 0 {
		return assertShare // less than sessionShare
	}
	return p.sessions()
}

// sessions is the part of a claim's error, or of a control's, that the rounds of
// this session have.
func (p Plan) sessions() float64 {
	if p.Stored > 0 {
		return sessionShare
	}
	return 1
}

// controlShare is the level of one side of one control at a look.
func (p Plan) controlShare(l Look) float64 {
	return controlAlpha / 2 * l.Alpha / (1 - p.Confidence) / float64(p.Controls)
}

// CountClaims is the number of tests that guardrails make over so many cases
// with so many variants each, the baseline and the control not counted.
func CountClaims(guardrails []Guardrail, cases, variants int) int {
	n := 0
	for _, g := range guardrails {
		if g.Variant == "" {
			n += cases * variants
		} else {
			n += cases
		}
	}
	return n
}
