package session

import (
	"context"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/assay-bench/assay/core/machine"
	"github.com/assay-bench/assay/core/record"
)

// busyLook is how long the machine is watched before the first experiment: long
// enough for a kernel that counts in hundredths of a second.
const busyLook = 200 * time.Millisecond

// busy says, before anything is measured, that other programs keep the machine
// busy.
func (s *Session) busy(ctx context.Context) error {
	if s.Others == nil {
		return nil
	}
	others, observed := s.Others(), s.Observe(os.Getpid(), nil)
	select {
	case <-ctx.Done():
	case <-s.Clock.After(busyLook):
	}
	load, programs := observed().ForeignLoad, others()
	if load <= machine.QuietLoad || ctx.Err() != nil {
		return nil
	}
	return s.tell(record.BusyEvent{ForeignLoad: load, Cores: runtime.NumCPU(), Programs: append([]record.Busy{}, programs...)})
}

// disturbance says why a disturbed round is measured again.
func (r round) disturbance() string {
	for i := range r.x.Visits {
		v := &r.x.Visits[i]
		if v.Contaminated && !v.Superseded && len(contamination(v.Observed)) == 0 && len(v.Unmet) > 0 {
			return v.Unmet[0] // outside of what is required: nobody disturbed it
		}
	}
	var busy []string
	for _, w := range r.x.Waits {
		for _, name := range w.Busy {
			if !slices.Contains(busy, name) {
				busy = append(busy, name)
			}
		}
	}
	const most = 3
	if len(busy) > 0 {
		return "disturbed by " + strings.Join(busy[:min(len(busy), most)], ", ")
	}
	return "other programs disturbed it"
}
