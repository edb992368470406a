package session

import "context"

// nextTurn is nextInRound where the arms do not fit into memory together: every
// visit has a process of its own, started for it and ended after it.
func (r round) nextTurn() step {
	for _, arm := range r.x.Arms {
		if phase := r.toRelease(arm); phase != "" {
			return turn{r.at(stageStart, arm, phase), nil}
		}
	}
	for _, phase := range r.d.Experiment.Measure.Phases {
		// How many samples a visit takes hangs on the slowest arm.
		for _, arm := range order(r.c.ID, r.x, phase, 1) {
			if own, _ := r.warmTimes(arm, phase); own == 0 {
				return turn{r.at(stageStart, arm, phase), nil}
			}
		}
		for _, p := range r.places(phase) {
			switch s := r.nextVisit(p).(type) {
			case nil:
			case visit:
				return turn{r.at(stageStart, p.arm, phase), &s}
			default:
				return s
			}
		}
	}
	return endRound{r.at("", "", "")}
}

// turn is a process from its start to its end, with one visit or none.
type turn struct {
	at
	visit *visit
}

func (s turn) do(ctx context.Context, r *runner) error {
	defer r.stopAll(ctx)
	in := func(stage string) at { a := s.at; a.stage = stage; return a }
	if err := (start{in(stageStart), []string{s.variant}}).do(ctx, r); err != nil {
		return err
	}
	x := r.round()
	if err := (prepare{in(stagePrepare), x.handle(s.variant), x.leftOver(s.variant, preparedOf)}).do(ctx, r); err != nil {
		return err
	}
	x = r.round()
	after := 0
	if s.visit != nil {
		after = s.visit.index - 1
	}
	warm := warmUp{at: in(stageWarmUp), after: after, iterations: x.iterations(s.variant, s.phase), sampleNs: x.sampleNs(s.phase), again: x.leftOver(s.variant, warmupsOf)}
	if err := warm.do(ctx, r); err != nil {
		return err
	}
	if s.visit != nil {
		if err := s.yardsticks(ctx, r, in(stageYardstick)); err != nil {
			return err
		}
		x = r.round()
		v := *s.visit
		v.iterations = x.perSample(s.variant, s.phase)
		if err := v.do(ctx, r); err != nil {
			return err
		}
	}
	return release{in(stageRelease)}.do(ctx, r)
}

// yardsticks measures those of the turn, right before its visit.
func (s turn) yardsticks(ctx context.Context, r *runner, a at) error {
	x := r.round()
	p := x.x.Processes[len(x.x.Processes)-1]
	for name := x.missing(&p, s.phase, s.visit.pass); name != ""; name = r.round().missing(&p, s.phase, s.visit.pass) {
		if err := (yardstick{a, name, p.Arms, s.visit.pass}).do(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// toRelease is the phase of a turn of the arm that the end of its session cut
// short when all was done but to check the arm once more, "" without one.
func (r round) toRelease(arm string) (phase string) {
	visits, warmed, first := 0, 0, 0 // first: warm-ups of turns that had no visit
	for i := range r.x.Visits {
		if v := &r.x.Visits[i]; v.Variant == arm && v.Ended() {
			visits++
		}
	}
	for _, w := range r.x.Warmups {
		if w.Variant != arm || w.Again {
			continue
		}
		warmed++
		if phase = w.Phase; r.firstKnown(arm, phase) == warmed {
			first++
		}
	}
	if warmed == r.releases(arm) || visits < warmed-first {
		return ""
	}
	return phase
}

// firstKnown is which of the arm's warm-ups of this round is the first in a phase
// to say how long an iteration takes, from 1, 0 if an earlier round has that.
func (r round) firstKnown(arm, phase string) int {
	for i := r.firstOfWarm(); i <= r.number; i++ {
		n := 0
		for _, w := range r.c.Round(i).Warmups {
			if w.Variant != arm || w.Again {
				continue
			}
			if n++; w.Phase == phase {
				if i < r.number {
					return 0
				}
				return n
			}
		}
	}
	return 0
}

// leftOver says that a turn of the arm that was cut short had done this already.
func (r round) leftOver(arm string, made func(round, string) int) bool {
	return made(r, arm) > r.releases(arm)
}

func preparedOf(r round, arm string) (n int) {
	for _, p := range r.x.Prepared {
		if p.Variant == arm && !p.Again {
			n++
		}
	}
	return n
}

func warmupsOf(r round, arm string) (n int) {
	for _, w := range r.x.Warmups {
		if w.Variant == arm && !w.Again {
			n++
		}
	}
	return n
}
