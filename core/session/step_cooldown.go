package session

import (
	"context"
	"time"

	"github.com/assay-bench/assay/core/record"
)

// coolDown idles before a visit, as long as the experiment says.
func (s visit) coolDown(ctx context.Context, r *runner) error {
	long := time.Duration(r.doc.Experiment.Measure.Cooldown)
	if long <= 0 {
		return nil
	}
	a := s.at
	a.stage = stageCooldown
	if err := r.begin(a, "", 0); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-r.process(s.variant).Exited(): // the visit will say so
	case <-r.s.Clock.After(long):
	}
	return r.emit(record.WaitEvent{Case: s.caseID, Round: s.round, Wait: record.Wait{Visit: s.index, For: record.WaitCooldown, Ns: r.took()}})
}
