package record

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
)

// salvager folds a journal of which lines may be damaged or missing: what an event
// needs and does not find is made, so that no sample is lost that stands in a whole
// line.
type salvager struct {
	ledger *Ledger
	damage []string

	lossy           map[place]bool     // rounds that lack lines, or may
	short           map[place][]string // visits of them that lack samples
	hurtExperiments map[string]bool    // likewise
	unopened        map[string]bool    // experiments whose first line is lost
	gap             bool               // before the next event
	made            int                // rounds, for those that are missing
}

// place is a round of a journal.
type place struct {
	experiment, caseID string
	round              int
}

func newSalvager(keep bool) *salvager {
	s := &salvager{ledger: NewLedger(), lossy: map[place]bool{}, short: map[place][]string{}, hurtExperiments: map[string]bool{}, unopened: map[string]bool{}}
	s.ledger.Ended = func(r *Result, c *Case, number int) error {
		if at := (place{r.Experiment.Name, c.ID, number}); s.lossy[at] {
			x := c.Round(number)
			x.Counted, s.short[at] = false, shortOf(x)
		}
		if keep {
			return nil
		}
		return c.letGo(number)
	}
	return s
}

// shortOf lists the visits of a round that have fewer samples than others of the
// phase: all of them are to have the same number.
func shortOf(x *Round) (out []string) {
	most := map[string]int{}
	for i := range x.Visits {
		v := &x.Visits[i]
		most[v.Phase] = max(most[v.Phase], v.Samples.Len())
	}
	for i := range x.Visits {
		v := &x.Visits[i]
		if lost := most[v.Phase] - v.Samples.Len(); lost > 0 && v.Ended() {
			out = append(out, fmt.Sprintf("%s in %s (pass %d: %s)", v.Variant, v.Phase, v.Pass, counted(lost, "sample")))
		}
	}
	return out
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// hurt hears of damage: the rounds under way lack what stood there.
func (s *salvager) hurt(d Damage) error {
	text := d.String()
	if d.Events > 0 {
		text += fmt.Sprintf("; events missing there: %d", d.Events)
	}
	s.damage = append(s.damage, text)
	if d.Torn || d.Events == 0 && d.Lines == 0 {
		return nil
	}
	s.gap = true
	for _, r := range s.ledger.Results {
		if _, concluded := s.ledger.Concluded[r.Experiment.Name]; concluded || len(r.Cases) == 0 {
			continue
		}
		c := &r.Cases[len(r.Cases)-1]
		if x := c.Round(c.Begun()); x != nil && x.Ended.IsZero() {
			s.lossy[place{r.Experiment.Name, c.ID, c.Begun()}] = true
		}
		s.hurtExperiments[r.Experiment.Name] = true
	}
	return nil
}

// hear folds one event.
func (s *salvager) hear(e Event) error {
	if err := s.makeRoom(e); err != nil {
		return err
	}
	if s.gap {
		s.gap = false
		caseID, round := placeOf(e.Data)
		if round > 0 {
			s.lossy[place{e.Experiment, caseID, round}] = true
		}
		if _, opens := e.Data.(ExperimentEvent); !opens && e.Experiment != "" {
			s.hurtExperiments[e.Experiment] = true
		}
	}
	if err := s.ledger.Apply(e); err != nil {
		s.damage = append(s.damage, fmt.Sprintf("event %d is left out: %v", e.Seq, err))
		s.hurtExperiments[e.Experiment] = true
	}
	return nil
}

// mostMissing bounds the rounds of a journal that are made for those that are missing:
// a line of a few bytes may name any round.
const mostMissing = 10_000

// makeRoom makes the experiment, the case and the round of an event, where their
// own lines are lost.
func (s *salvager) makeRoom(e Event) error {
	if _, opens := e.Data.(ExperimentEvent); opens || e.Experiment == "" {
		return nil
	}
	r := s.ledger.Find(e.Experiment)
	if r == nil {
		r = &Result{SchemaVersion: SchemaVersion, Status: Partial, Verdict: none, Session: s.ledger.Session}
		r.Experiment.Name, r.Session.Ended = e.Experiment, e.Time
		s.ledger.add(e.Experiment, r)
		s.unopened[e.Experiment], s.hurtExperiments[e.Experiment] = true, true
	}
	caseID, round := placeOf(e.Data)
	if _, opens := e.Data.(CaseEvent); opens || caseID == "" {
		return nil
	}
	if r.Case(caseID) == nil {
		r.Cases = append(r.Cases, Case{ID: caseID, Matrix: map[string]json.RawMessage{}, Status: Partial})
		s.hurtExperiments[e.Experiment] = true
	}
	c := r.Case(caseID)
	if d, begins := e.Data.(RoundBeginEvent); begins {
		if d.Race != "" && c.RaceOf(d.Race) == nil {
			c.Races = append(c.Races, Race{Select: d.Race})
		}
		round = d.Number - 1
	}
	if round-c.Begun() > mostMissing-s.made {
		return nil // a number that no session has
	}
	for ; c.Begun() < round && s.made < mostMissing; s.made++ {
		x := Round{Index: c.Begun() + 1, Attempt: 1, Order: map[string][]string{}}
		if n := len(c.Races); n > 0 {
			c.Races[n-1].Rounds = append(c.Races[n-1].Rounds, x)
		} else {
			c.Rounds = append(c.Rounds, x)
		}
		s.lossy[place{e.Experiment, caseID, c.Begun()}] = true
		s.hurtExperiments[e.Experiment] = true
	}
	s.learn(r, c, e.Data)
	return nil
}

// learn adds the arm and the phase of an event to a case and an experiment whose
// own lines are lost.
func (s *salvager) learn(r *Result, c *Case, data Data) {
	var arm, phase string
	switch d := data.(type) {
	case SampleEvent:
		arm, phase = d.Variant, d.Phase
	case VisitEvent:
		arm, phase = d.Visit.Variant, d.Visit.Phase
	case PreparedEvent:
		arm = d.Prepared.Variant
	}
	if arm != "" && c.baseline() == nil && !slices.ContainsFunc(c.Variants, func(v Variant) bool { return v.Name == arm }) {
		c.Variants = append(c.Variants, Variant{Name: arm, Config: json.RawMessage("{}")})
	}
	if m := &r.Experiment.Measure; phase != "" && s.unopened[r.Experiment.Name] && !slices.Contains(m.Phases, phase) {
		m.Phases = append(m.Phases, phase)
	}
}

// placeOf is the case that an event names, and the number of the round.
func placeOf(data Data) (caseID string, round int) {
	v := reflect.ValueOf(data)
	if f := v.FieldByName("Case"); f.IsValid() && f.Kind() == reflect.String {
		caseID = f.String()
	}
	if f := v.FieldByName("Round"); f.IsValid() && f.Kind() == reflect.Int {
		round = int(f.Int())
	}
	return caseID, round
}
