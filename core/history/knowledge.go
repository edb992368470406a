package history

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/assay-bench/assay/core/stats"
)

// Knowledge is a history that was read.
type Knowledge struct {
	Path    string
	Lessons []Lesson // oldest first
	Skipped int      // lines that could not be read
}

// recentSessions is how many sessions are believed: noise of last year says
// little of today, and of one session alone too little.
const recentSessions = 5

// Noise is what recent sessions say of one machine, plugin and phase.
type Noise struct {
	// Spread is the standard deviation of one round's log-ratio of the control:
	// pooled within each session, the median over sessions.
	Spread     float64
	NoiseFloor *float64  // median over sessions; nil: none had enough rounds
	Sessions   int       // at most recentSessions
	Last       time.Time // of the last of them
	Own        bool      // from this very case, not only from this plugin
}

// A Query says whose noise is asked for. Experiment and Case may be empty.
type Query struct {
	Machine, Plugin, Experiment, Case, Phase string
}

// Noise answers from the case itself if it was ever measured here, else from
// everything that this plugin measured here. False: nothing is known.
func (k *Knowledge) Noise(q Query) (Noise, bool) {
	of := func(own bool) (Noise, bool) {
		bySession := map[string][]PhaseNoise{}
		n := Noise{Own: own}
		for _, l := range k.recent(func(l *Lesson) bool {
			_, ok := l.Phases[q.Phase]
			return ok && l.Machine == q.Machine && l.Plugin == q.Plugin &&
				(!own || (l.Experiment == q.Experiment && l.Case == q.Case))
		}) {
			bySession[l.Session] = append(bySession[l.Session], l.Phases[q.Phase])
			if l.Time.After(n.Last) {
				n.Last = l.Time
			}
		}
		n.Sessions = len(bySession)
		var spreads, floors []float64
		for _, ps := range bySession {
			spreads = append(spreads, pooled(ps))
			for _, p := range ps {
				if p.NoiseFloor != nil {
					floors = append(floors, *p.NoiseFloor)
				}
			}
		}
		if n.Sessions == 0 {
			return n, false
		}
		n.Spread = stats.Median(spreads)
		if len(floors) > 0 {
			f := stats.Median(floors)
			n.NoiseFloor = &f
		}
		return n, true
	}
	if q.Case != "" {
		if n, ok := of(true); ok {
			return n, true
		}
	}
	return of(false)
}

// recent are the lessons of the last sessions that have any such.
func (k *Knowledge) recent(is func(*Lesson) bool) []*Lesson {
	var sessions []string
	var out []*Lesson
	for i := len(k.Lessons) - 1; i >= 0; i-- {
		l := &k.Lessons[i]
		if !is(l) {
			continue
		}
		if !slices.Contains(sessions, l.Session) {
			if len(sessions) == recentSessions {
				continue
			}
			sessions = append(sessions, l.Session)
		}
		out = append(out, l)
	}
	return out
}

// pooled standard deviation of several controls of one session.
func pooled(ps []PhaseNoise) float64 {
	ss, df := 0.0, 0.0
	for _, p := range ps {
		ss += float64(p.Rounds-1) * p.Spread * p.Spread
		df += float64(p.Rounds - 1)
	}
	return math.Sqrt(ss / df)
}

// Times are what parts of a round took here.
type Times struct {
	Round   time.Duration // as a whole, with that many arms and that visit; 0: never measured so
	Start   time.Duration // what a round costs beside arms
	Prepare time.Duration // of one arm
	Warmup  time.Duration // of one arm in one phase
	Visit   float64       // real length of a visit, in lengths of the one asked for
	Again   float64       // rounds that were measured again, for each one that counted
}

// Times answers from the case itself, else from its experiment, else from the
// plugin. False: nothing is known.
func (k *Knowledge) Times(q Query, arms int, visit time.Duration) (Times, bool) {
	here := func(l *Lesson) bool { return l.Machine == q.Machine && l.Plugin == q.Plugin }
	same := func(l *Lesson) bool {
		return here(l) && l.Experiment == q.Experiment && l.Case == q.Case && l.Arms == arms && l.VisitNs == visit.Nanoseconds()
	}
	for _, is := range []func(*Lesson) bool{
		same,
		func(l *Lesson) bool { return here(l) && l.Experiment == q.Experiment && l.Case == q.Case },
		func(l *Lesson) bool { return here(l) && l.Experiment == q.Experiment },
		here,
	} {
		found := k.recent(is)
		if len(found) == 0 {
			continue
		}
		t := Times{
			Start:   typical(found, func(l *Lesson) float64 { return float64(l.StartNs) }),
			Prepare: typical(found, func(l *Lesson) float64 { return float64(l.Prepare) }),
			Warmup:  typical(found, func(l *Lesson) float64 { return float64(l.WarmupNs) }),
			Visit:   1,
		}
		var stretch, again []float64
		for _, l := range found {
			if l.Rounds > 0 {
				again = append(again, float64(l.Repeated)/float64(l.Rounds))
			}
			if l.VisitNs > 0 && l.RealNs > 0 {
				stretch = append(stretch, float64(l.RealNs)/float64(l.VisitNs))
			}
		}
		if len(stretch) > 0 {
			t.Visit = stats.Median(stretch)
		}
		if len(again) > 0 {
			t.Again = stats.Median(again)
		}
		if same(found[0]) {
			t.Round = typical(k.recent(same), func(l *Lesson) float64 { return float64(l.RoundNs) })
		}
		return t, true
	}
	return Times{}, false
}

func typical(ls []*Lesson, of func(*Lesson) float64) time.Duration {
	var xs []float64
	for _, l := range ls {
		xs = append(xs, of(l))
	}
	return time.Duration(stats.Median(xs))
}

// Sessions that the history knows of.
func (k *Knowledge) Sessions() int {
	seen := map[string]bool{}
	for i := range k.Lessons {
		seen[k.Lessons[i].Session] = true
	}
	return len(seen)
}

// A Line is one machine, plugin and phase that the history knows of.
type Line struct {
	Machine     string   `json:"machine"`
	MachineName string   `json:"machine_name"`
	Plugin      string   `json:"plugin"`
	Phase       string   `json:"phase"`
	Sessions    int      `json:"sessions"` // of all time
	Spread      float64  `json:"spread"`   // of the recent ones
	NoiseFloor  *float64 `json:"noise_floor"`
	// Least and Most are the session's pooled spreads over all time.
	Least float64   `json:"least_spread"`
	Most  float64   `json:"most_spread"`
	Last  time.Time `json:"last"`
}

// Lines lists everything known, in order of machine, plugin and phase.
func (k *Knowledge) Lines() []Line {
	type key struct{ machine, plugin, phase string }
	bySession := map[key]map[string][]PhaseNoise{}
	names := map[string]string{}
	for i := range k.Lessons {
		l := &k.Lessons[i]
		names[l.Machine] = l.MachineName
		for phase, p := range l.Phases {
			x := key{l.Machine, l.Plugin, phase}
			if bySession[x] == nil {
				bySession[x] = map[string][]PhaseNoise{}
			}
			bySession[x][l.Session] = append(bySession[x][l.Session], p)
		}
	}
	out := []Line{}
	for x, sessions := range bySession {
		n, _ := k.Noise(Query{Machine: x.machine, Plugin: x.plugin, Phase: x.phase})
		line := Line{
			Machine: x.machine, MachineName: names[x.machine], Plugin: x.plugin, Phase: x.phase,
			Sessions: len(sessions), Spread: n.Spread, NoiseFloor: n.NoiseFloor, Least: math.MaxFloat64, Last: n.Last,
		}
		for _, ps := range sessions {
			line.Least, line.Most = math.Min(line.Least, pooled(ps)), math.Max(line.Most, pooled(ps))
		}
		out = append(out, line)
	}
	slices.SortFunc(out, func(a, b Line) int {
		for _, c := range []int{strings.Compare(a.MachineName, b.MachineName), strings.Compare(a.Plugin, b.Plugin), strings.Compare(a.Phase, b.Phase)} {
			if c != 0 {
				return c
			}
		}
		return strings.Compare(a.Machine, b.Machine)
	})
	return out
}
