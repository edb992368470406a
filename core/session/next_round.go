package session

import (
	"slices"
	"time"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/record"
)

const (
	// repeatsPerVisit bounds how often one contaminated visit is made again.
	repeatsPerVisit = 6
	// longWait is a wait for other programs after which an arm is warmed up again;
	// after a shorter one the first samples of the visit do that.
	longWait = 200 * time.Millisecond
)

// round is the round under way, as the document has it.
type round struct {
	d      *record.Result
	c      *record.Case
	x      *record.Round
	number int // of the case's rounds, from 1, failed attempts and races included
	cases  int // of the experiment
}

func roundOf(d *record.Result, c *record.Case, x *record.Round, cases int) round {
	return round{d, c, x, c.Begun(), cases}
}

// nextInRound starts and prepares what is to be measured, then goes through the
// phases: every arm is warmed up, and visited there and back.
func nextInRound(d *record.Result, c *record.Case, x *record.Round, cases int) step {
	r := roundOf(d, c, x, cases)
	if failed(d, c, r.number) {
		return endRound{r.at("", "", "")}
	}
	if d.Experiment.Measure.Require != nil && !slices.ContainsFunc(x.Waits, func(w record.Wait) bool { return w.For == record.WaitRequired }) {
		return awaitRequired{r.at(stageWait, "", "")}
	}
	if r.inTurns() {
		return r.nextTurn()
	}
	prepared := prepareOrder(c.ID, x)
	for _, arm := range prepared {
		if !r.released(arm) && !r.started(arm) {
			return start{r.at(stageStart, r.blamed(arm), ""), r.sharers(arm)}
		}
	}
	for i, arm := range prepared {
		if !r.released(arm) && !r.prepared(arm) {
			return prepare{r.at(stagePrepare, arm, ""), handle(i), r.has(arm)}
		}
	}
	for _, phase := range d.Experiment.Measure.Phases {
		if s := r.nextInPhase(phase); s != nil {
			return s
		}
	}
	for _, arm := range x.Arms {
		if !r.released(arm) {
			return release{r.at(stageRelease, arm, "")}
		}
	}
	return endRound{r.at("", "", "")}
}

func (r round) nextInPhase(phase string) step {
	places := r.places(phase)
	done := func(p place) bool { return r.nextVisit(p) == nil }
	for _, arm := range order(r.c.ID, r.x, phase, 1) {
		waits := slices.ContainsFunc(places, func(p place) bool { return p.arm == arm && !done(p) })
		if waits && !r.warm(arm, phase, 0) {
			return r.warmUp(arm, phase, 0)
		}
	}
	for i, p := range places {
		if s := r.nextYardstick(phase, p, i%len(r.x.Arms)); s != nil {
			return s
		}
		if s := r.nextVisit(p); s != nil {
			return s
		}
	}
	return nil
}

// place is one place in the order of a phase: an arm's turn in a pass.
type place struct {
	arm, phase string
	pass       int // from 1
	visits     []*record.Visit
}

// places lists the places of a phase in order, with the visits made there.
func (r round) places(phase string) []place {
	var out []place
	at := map[string]int{}
	key := func(arm string, pass int) string { return arm + "\x00" + string(rune(pass)) }
	for pass := range 2 * r.d.Experiment.Measure.Passes {
		for _, arm := range order(r.c.ID, r.x, phase, pass) {
			at[key(arm, pass+1)] = len(out)
			out = append(out, place{arm: arm, phase: phase, pass: pass + 1})
		}
	}
	for i := range r.x.Visits {
		v := &r.x.Visits[i]
		if !v.Ended() { // cut short: its place is the first that is not done
			continue
		}
		if k, ok := at[key(v.Variant, v.Pass)]; ok && v.Phase == phase {
			out[k].visits = append(out[k].visits, v)
		}
	}
	return out
}

// nextVisit is what is to be done at a place, nil when it is done: a visit, and
// while it is contaminated a wait for a quiet moment and another visit. Every
// visit is kept; all but the cleanest are superseded. A round makes at most as
// many repetitions as it has planned visits, so that a machine that is never
// quiet costs twice the time and not more.
func (r round) nextVisit(p place) step {
	n := len(p.visits)
	if n == 0 {
		return r.visit(p)
	}
	last := p.visits[n-1]
	if !last.Contaminated || n > repeatsPerVisit || r.repeats() >= r.planned() && !r.begun(p) {
		return nil
	}
	i := slices.IndexFunc(r.x.Waits, func(w record.Wait) bool { return w.For == "" && w.Visit == last.Index })
	switch {
	case i < 0:
		return awaitQuiet{r.at(stageWait, p.arm, p.phase), last.Index, r.allowance()}
	case time.Duration(r.x.Waits[i].Ns) >= longWait && !r.inTurns() && !r.warm(p.arm, p.phase, last.Index):
		return r.warmUp(p.arm, p.phase, last.Index)
	}
	return r.visit(p)
}

// begun says that a visit at the place has samples and has not ended.
func (r round) begun(p place) bool {
	v := r.unfinished()
	return v != nil && v.Variant == p.arm && v.Phase == p.phase
}

// unfinished is a visit that the end of its session cut short, nil without one.
func (r round) unfinished() *record.Visit {
	if n := len(r.x.Visits); n > 0 && !r.x.Visits[n-1].Ended() {
		return &r.x.Visits[n-1]
	}
	return nil
}

func (r round) visit(p place) step {
	v := visit{
		at: r.at(stageVisit, p.arm, p.phase), pass: p.pass, index: len(r.x.Visits) + 1, samples: r.samples(p.phase),
		iterations: r.perSample(p.arm, p.phase), sampleNs: r.sampleNs(p.phase),
	}
	if u := r.unfinished(); u != nil {
		v.index, v.taken = u.Index, u.Samples.Len()
	}
	return v
}

func (r round) warmUp(arm, phase string, after int) step {
	return warmUp{
		at: r.at(stageWarmUp, arm, phase), after: after, iterations: r.iterations(arm, phase), sampleNs: r.sampleNs(phase),
		again: slices.ContainsFunc(r.x.Warmups, func(w record.Warmup) bool {
			return w.Variant == arm && w.Phase == phase && !w.Again && w.Visit >= after
		}),
	}
}

// planned is how many visits the round makes if none is made again.
func (r round) planned() int {
	m := r.d.Experiment.Measure
	return 2 * m.Passes * len(r.x.Arms) * len(m.Phases)
}

// repeats is how many visits were made again so far: of two at one place one is
// superseded.
func (r round) repeats() (n int) {
	for i := range r.x.Visits {
		if r.x.Visits[i].Superseded {
			n++
		}
	}
	return n
}

// live says that something was made by the processes that live now, and not by
// those of a session that ended early.
func (r round) live(m record.Remade) bool { return m.Joint == len(r.x.Joints) }

func (r round) started(arm string) bool {
	return slices.ContainsFunc(r.x.Processes, func(p record.Process) bool {
		return r.live(p.Remade) && slices.Contains(p.Arms, arm)
	})
}

func (r round) prepared(arm string) bool {
	return slices.ContainsFunc(r.x.Prepared, func(p record.Prepared) bool { return r.live(p.Remade) && p.Variant == arm })
}

// has says that the arm was prepared in this round, by whatever process.
func (r round) has(arm string) bool {
	return slices.ContainsFunc(r.x.Prepared, func(p record.Prepared) bool { return p.Variant == arm })
}

func (r round) released(arm string) bool {
	return !r.inTurns() && slices.ContainsFunc(r.x.Released, func(p record.Released) bool { return p.Variant == arm })
}

// warm says that the arm was warmed up in a phase, after a certain visit or in
// these processes at all.
func (r round) warm(arm, phase string, after int) bool {
	return slices.ContainsFunc(r.x.Warmups, func(w record.Warmup) bool {
		return w.Variant == arm && w.Phase == phase && r.live(w.Remade) && w.Visit >= after
	})
}

// inTurns says that every visit has processes of its own, because the arms do
// not fit into memory together.
func (r round) inTurns() bool { return r.d.Experiment.Measure.Residency == config.Turns }

// sharers are the arms that share a process with this one, itself included.
func (r round) sharers(arm string) []string {
	if separate(r.c) {
		return []string{arm}
	}
	return r.x.Arms
}

// blamed is whose fault it is when the process of an arm does not start: nobody's
// where all share it.
func (r round) blamed(arm string) string {
	if separate(r.c) {
		return arm
	}
	return ""
}
