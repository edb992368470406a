// Package plan says what a run will do and how long it will take, before
// anything is started: resolved experiments in, ordered cases with their
// visits and a cost estimate out.
package plan

import (
	"time"

	"github.com/assay-bench/assay/core/config"
)

// Plan is a whole run. Durations are estimates of wall time in nanoseconds.
type Plan struct {
	Experiments []Experiment  `json:"experiments"`
	Costs       Costs         `json:"assumed"`     // of what is not known from History
	Estimate    time.Duration `json:"estimate_ns"` // with the rounds of `rounds`
	Maximum     time.Duration `json:"maximum_ns"`  // with those of `max_rounds`, within the budgets; no bound: rounds may be measured again

	History  string `json:"history,omitempty"`          // file that Learn learned from
	Sessions int    `json:"history_sessions,omitempty"` // that it knows of
}

// Experiment is one experiment, in run order.
type Experiment struct {
	Name        string        `json:"name"`
	Description string        `json:"description,omitempty"`
	Plugin      string        `json:"plugin"`
	Device      string        `json:"device"`
	DependsOn   []string      `json:"depends_on,omitempty"`
	Conditional bool          `json:"conditional"` // `when` may skip it
	Builds      []Build       `json:"builds,omitempty"`
	Commands    []Command     `json:"commands,omitempty"`
	Programs    []Program     `json:"programs"`
	Residency   string        `json:"residency,omitempty"` // of processes, where some case has several
	Phases      []string      `json:"phases"`
	Guardrails  []string      `json:"guardrails"`
	Rounds      int           `json:"rounds"`
	MaxRounds   int           `json:"max_rounds"`
	Visit       time.Duration `json:"visit_ns"`
	Budget      time.Duration `json:"budget_ns"`
	Races       []Race        `json:"races,omitempty"` // of every case, once its rounds are run
	Output      string        `json:"output"`
	Cases       []Case        `json:"cases"`
	Estimate    time.Duration `json:"estimate_ns"`
	Maximum     time.Duration `json:"maximum_ns"`
	Notes       []string      `json:"notes,omitempty"` // such as rounds raised to the fewest that can pass
}

// Case is one point of an experiment's matrix.
type Case struct {
	ID             string        `json:"id"`
	Variants       []string      `json:"variants"` // in source order
	Baseline       string        `json:"baseline"`
	Arms           int           `json:"arms"`             // variants and the control
	VisitsPerRound int           `json:"visits_per_round"` // arms, there and back, times phases
	Processes      int           `json:"processes"`        // started in one round
	Round          time.Duration `json:"round_ns"`         // one round: start, prepare, warm up, visit
	again          float64       // rounds that are measured again for each that counts
	Race           time.Duration `json:"races_ns,omitempty"` // its second races, in Estimate and Maximum
	Estimate       time.Duration `json:"estimate_ns"`
	Maximum        time.Duration `json:"maximum_ns"`

	// SmallestLoss is the smallest loss of speed (0.02 = 2 %) that the rounds
	// can detect on this machine for every guardrail; nil while its noise is not
	// known.
	SmallestLoss *float64 `json:"smallest_detectable_loss,omitempty"`
	// Detects says it for each guardrail whose phase has a history.
	Detects []Detection `json:"detects,omitempty"`
	// Measured says that Round comes from earlier sessions on this machine.
	Measured bool `json:"round_from_history,omitempty"`
}

// Costs are what a round costs beside its visits.
type Costs struct {
	Start        time.Duration `json:"start_ns"`       // of one plugin process
	Prepare      time.Duration `json:"prepare_ns"`     // of one arm
	WarmUpVisits float64       `json:"warm_up_visits"` // per arm and phase, in lengths of a visit
}

// DefaultCosts are those of a small plugin on the cpu device: a process that
// starts in 150 ms, and a warm-up that is stable after its first three windows.
func DefaultCosts() Costs {
	return Costs{Start: 150 * time.Millisecond, Prepare: 250 * time.Millisecond, WarmUpVisits: 1}
}

// New plans the experiments, which are in run order already.
func New(experiments []*config.Experiment, costs Costs) *Plan {
	p := &Plan{Experiments: []Experiment{}, Costs: costs}
	for _, e := range experiments {
		x := planExperiment(e, costs)
		p.Experiments = append(p.Experiments, x)
		p.Estimate += x.Estimate
		p.Maximum += x.Maximum
	}
	return p
}

func planExperiment(e *config.Experiment, costs Costs) Experiment {
	x := Experiment{
		Name: e.Name, Description: e.Description, Plugin: e.Plugin, Device: e.Device,
		DependsOn: e.DependsOn, Conditional: e.When != nil, Phases: e.PhaseNames(), Guardrails: []string{},
		Rounds: e.Measure.Rounds, MaxRounds: e.Measure.MaxRounds, Visit: e.Measure.Visit,
		Budget: e.Measure.Budget, Output: e.Output.Path, Cases: []Case{},
	}
	for _, g := range e.Guardrails {
		x.Guardrails = append(x.Guardrails, g.Name)
	}
	x.Builds, x.Programs, x.Commands = builds(e), programs(e), commands(e)
	x.Races = races(e)
	for i := range e.Cases {
		c := planCase(&e.Cases[i], e, costs)
		if c.Processes > 1 {
			x.Residency = e.Measure.Residency
		}
		x.Cases = append(x.Cases, c)
	}
	x.cost()
	return x
}

func planCase(c *config.Case, e *config.Experiment, costs Costs) Case {
	out := Case{ID: c.ID, Arms: len(c.Variants) + 1, Variants: []string{}}
	for _, v := range c.Variants {
		out.Variants = append(out.Variants, v.Name)
	}
	if b := c.Baseline(); b != nil {
		out.Baseline = b.Name
	}
	phases := max(1, len(e.PhaseNames()))
	out.VisitsPerRound = out.Arms * 2 * phases * max(1, e.Measure.Passes)
	out.Processes = processes(c, e, &out)
	prepared := max(out.Processes, out.Arms)
	warmed := out.Arms * phases
	if out.turns(e) {
		warmed = out.VisitsPerRound
	}
	warmUp := time.Duration(costs.WarmUpVisits * float64(warmed) * float64(e.Measure.Visit))
	out.Round = time.Duration(out.Processes)*costs.Start + time.Duration(prepared)*costs.Prepare + warmUp + time.Duration(out.VisitsPerRound)*(e.Measure.Visit+e.Measure.Cooldown)
	return out
}

// processes started in one round: one for all arms of one program; else one for
// each arm, the control too, or for each visit where they take turns.
func processes(c *config.Case, e *config.Experiment, out *Case) int {
	switch {
	case !e.Separate(c):
		return 1
	case e.Measure.Residency == config.Turns:
		return out.VisitsPerRound
	}
	return out.Arms
}

// turns says whether each visit has a process of its own.
func (c *Case) turns(e *config.Experiment) bool {
	return c.Processes > 1 && e.Measure.Residency == config.Turns
}
