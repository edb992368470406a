package session

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/record"
)

// Yardsticks are measured between two visits of every pass, at a place that is
// drawn for each pair of passes: after so many arms on the way there, and before
// as many on the way back. They disturb no order of arms, and their own is a
// palindrome too.

// nextYardstick is the one that is due before the arm at an index of a pass, nil
// if none is.
func (r round) nextYardstick(phase string, p place, index int) step {
	n := len(r.x.Arms)
	if index != r.yardstickPlace(phase, p.pass, n) || len(p.visits) > 0 || r.begun(p) {
		return nil
	}
	for _, proc := range r.x.Processes {
		if !r.live(proc.Remade) {
			continue
		}
		if name := r.missing(&proc, phase, p.pass); name != "" {
			return yardstick{r.at(stageYardstick, r.blamed(proc.Arms[0]), phase), name, proc.Arms, p.pass}
		}
	}
	return nil
}

// yardstickPlace is an index of 1 to n-1.
func (r round) yardstickPlace(phase string, pass, n int) int {
	if n < 2 {
		return n
	}
	seed := derive(r.x.Seed, r.c.ID, "yardstick\x00"+phase, (pass-1)/2)
	at := 1 + rand.New(rand.NewPCG(seed, seed)).IntN(n-1)
	if pass%2 == 0 {
		return n - at
	}
	return at
}

// missing is a yardstick that a process has, that its arms are held against, and
// that is not measured in a pass yet; "" without one. From a cache nothing is
// measured: what memory gives says nothing about it.
func (r round) missing(p *record.Process, phase string, pass int) string {
	if r.d.Experiment.Measure.Cache != "cold" {
		return ""
	}
	for _, name := range r.x.Wanted(p.Arms, phase) {
		if slices.Contains(p.Device.Yardsticks, name) && !slices.ContainsFunc(r.x.Yardsticks, func(y record.Yardstick) bool {
			return y.Name == name && y.Phase == phase && y.Pass == pass && slices.Equal(y.Arms, p.Arms)
		}) {
			return name
		}
	}
	return ""
}

// yardstick measures how fast the device of some arms moves memory.
type yardstick struct {
	at
	name string
	arms []string
	pass int
}

func (s yardstick) do(ctx context.Context, r *runner) error {
	if err := r.begin(s.at, s.name, 0); err != nil {
		return err
	}
	y := record.Yardstick{Name: s.name, Arms: s.arms, Phase: s.phase, Pass: s.pass}
	m, err := r.process(s.arms[0]).MeasureYardstick(ctx, &pluginv1.MeasureYardstickRequest{Yardstick: s.name})
	if err != nil {
		return err
	}
	y.HostNs = r.took()
	if no := refused(m.GetDiagnostics()); no != nil {
		y.Problem = no.text
		return r.emit(record.YardstickEvent{Case: s.caseID, Round: s.round, Yardstick: y})
	}
	if y.Bytes, y.Ns = m.GetBytes(), m.GetNs(); y.Bytes <= 0 || y.Ns <= 0 {
		return fmt.Errorf("%w: yardstick %q moved %d bytes in %d ns", errNumbers, s.name, y.Bytes, y.Ns)
	}
	if y.Ns > y.HostNs {
		return fmt.Errorf("%w: yardstick %q claims %v, but the host's clock saw %v", errNumbers, s.name, time.Duration(y.Ns), time.Duration(y.HostNs))
	}
	return r.emit(record.YardstickEvent{Case: s.caseID, Round: s.round, Yardstick: y})
}
