package history

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/stats"
)

// lessonVersion of the lines in the store. Lines of other versions are skipped.
const lessonVersion = 1

// A Lesson is what one session learned from one case. Durations are medians
// over the counted rounds, in nanoseconds.
type Lesson struct {
	Version     int       `json:"v"`
	Time        time.Time `json:"time"`
	Session     string    `json:"session"`
	Machine     string    `json:"machine"` // see Machine
	MachineName string    `json:"machine_name"`
	Plugin      string    `json:"plugin"`
	PluginSHA   string    `json:"plugin_sha256"`
	Experiment  string    `json:"experiment"`
	Case        string    `json:"case"`

	Arms     int   `json:"arms"`     // control included
	VisitNs  int64 `json:"visit_ns"` // as asked for
	Rounds   int   `json:"rounds"`
	Repeated int   `json:"repeated,omitempty"` // rounds that other programs disturbed, and that were measured again
	RoundNs  int64 `json:"round_ns"`
	StartNs  int64 `json:"start_ns"`   // a round less everything below: process, device, checks, host
	Prepare  int64 `json:"prepare_ns"` // of one arm
	WarmupNs int64 `json:"warmup_ns"`  // of one arm in one phase
	RealNs   int64 `json:"real_visit_ns"`

	Phases map[string]PhaseNoise `json:"phases"`
}

// PhaseNoise is what the control said of one phase.
type PhaseNoise struct {
	Rounds int     `json:"rounds"`
	Spread float64 `json:"spread"` // standard deviation of one round's log-ratio
	// NoiseFloor is the half-width of the control's interval, a fraction; null
	// with too few rounds.
	NoiseFloor *float64 `json:"noise_floor"`
}

// Machine is the key under which noise is remembered: processor, cores, system
// and kind of device. Not the host name, which changes with networks and
// containers, nor versions, with which noise hardly changes, nor the device's
// name, which every plugin may word in its own way.
func Machine(h record.Host, deviceKind string) string {
	s := strings.Join([]string{h.OS, h.Arch, h.CPU, fmt.Sprint(h.Cores), deviceKind}, "\n")
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:6])
}

// MachineName says the same to people.
func MachineName(h record.Host, deviceKind, deviceName string) string {
	s := fmt.Sprintf("%s, %d cores", orUnknown(h.CPU), h.Cores)
	if deviceName != "" && deviceName != h.CPU {
		s += ", " + deviceName
	}
	return s + " (" + deviceKind + ")"
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown CPU"
	}
	return s
}

// Lessons of a result: one per case that was measured with a control. There are
// none in simulated times.
func Lessons(r *record.Result) []Lesson {
	if r.Metadata.Device.Simulated {
		return nil
	}
	var out []Lesson
	for i := range r.Cases {
		if l, ok := lessonOf(r, &r.Cases[i]); ok {
			out = append(out, l)
		}
	}
	return out
}

func lessonOf(r *record.Result, c *record.Case) (Lesson, bool) {
	m := r.Metadata
	l := Lesson{
		Version: lessonVersion, Time: r.Session.Ended.UTC(), Session: r.Session.ID,
		Machine:     Machine(m.Host, m.Device.Kind),
		MachineName: MachineName(m.Host, m.Device.Kind, m.Device.Name),
		Plugin:      m.Plugin.Name, PluginSHA: m.Plugin.SHA256, Experiment: r.Experiment.Name, Case: c.ID,
		VisitNs: r.Experiment.Measure.Visit, Phases: map[string]PhaseNoise{},
	}
	for _, k := range c.Controls {
		// One round has no spread, and a NaN would not survive JSON.
		if k.Rounds >= 2 && k.Spread >= 0 && !math.IsInf(k.Spread, 0) {
			l.Phases[k.Phase] = PhaseNoise{Rounds: k.Rounds, Spread: k.Spread, NoiseFloor: k.NoiseFloor}
		}
	}
	l.times(c)
	return l, len(l.Phases) > 0 && l.Rounds > 0
}

// times takes the rounds that measured what the author asked for. Rounds of a
// search have other arms.
func (l *Lesson) times(c *record.Case) {
	var round, start, prepare, warmup, visit []float64
	for i := range c.Rounds {
		d := &c.Rounds[i]
		if d.Disturbed && !d.Counted {
			l.Repeated++
		}
		if !d.Counted || (l.Arms > 0 && len(d.Arms) != l.Arms) {
			continue
		}
		l.Arms = len(d.Arms)
		l.Rounds++
		rest := float64(d.Ended.Sub(d.Started))
		for _, w := range d.Waits {
			if w.For != "" { // said by the experiment, not by the machine
				rest -= float64(w.Ns)
			}
		}
		round = append(round, rest)
		for _, p := range d.Prepared {
			prepare = append(prepare, float64(p.HostNs))
			rest -= float64(p.HostNs)
		}
		for _, w := range d.Warmups {
			warmup = append(warmup, float64(w.Ns))
			rest -= float64(w.Ns)
		}
		for _, v := range d.Visits {
			visit = append(visit, float64(v.HostNs))
			rest -= float64(v.HostNs)
		}
		start = append(start, math.Max(rest, 0))
	}
	l.RoundNs, l.StartNs, l.Prepare, l.WarmupNs, l.RealNs = median(round), median(start), median(prepare), median(warmup), median(visit)
}

func median(xs []float64) int64 {
	if len(xs) == 0 {
		return 0
	}
	return int64(stats.Median(xs))
}
