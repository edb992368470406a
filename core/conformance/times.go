package conformance

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/assay-bench/assay/core/process"
)

// Bounds of what times can be. Another program may disturb any of them, so that
// only what is wrong in every one of timesTries is a fault.
const (
	tries       = 4
	timesSample = 10 * time.Millisecond
	timesCount  = 8   // samples, of which the fastest counts
	leastRatio  = 1.4 // of 2n iterations to n
	mostRatio   = 3.5
	leastShare  = 0.5  // of the time that n iterations more took the host, that is in the plugin's times
	slack       = 1.05 // of two clocks
	slackFixed  = time.Millisecond
)

func times(ctx context.Context, s *subject) outcome {
	const id = string(process.RuleTimes)
	if _, err := s.process(ctx); err != nil {
		return s.judge(id, err)
	}
	if s.device.GetSimulated() {
		return skip("the device is simulated, its times are no measurements")
	}
	text := ""
	for _, phase := range s.declared.phases {
		if _, err := s.plain(ctx, phase); err != nil {
			return s.judge(id, err)
		}
		var faults []*timeFault
		for range tries {
			ratio, err := s.timesOf(ctx, phase)
			var f *timeFault
			if errors.As(err, &f) {
				faults = append(faults, f)
				continue
			}
			if err != nil {
				return s.judge(id, err)
			}
			text = fmt.Sprintf("2n iterations took %.2f times as long as n (phase %s)", ratio, phase)
			if s.fixed(phase) {
				text = fmt.Sprintf("samples take no longer than the host saw (phase %s, whose iterations cannot be chosen)", phase)
			}
			break
		}
		if len(faults) < tries {
			continue
		}
		for _, f := range faults[1:] {
			if f.kind != faults[0].kind {
				return skip("phase %s: other programs disturb it too much: %s; %s", phase, faults[0].text, f.text)
			}
		}
		return broken("phase %s: %s", phase, faults[0].text)
	}
	return kept("%s", text)
}

// timeFault is what is wrong with times, unless another program disturbed them.
type timeFault struct{ kind, text string }

func (f *timeFault) Error() string { return f.text }

func timeFaultf(kind, format string, args ...any) error {
	return &timeFault{kind, fmt.Sprintf(format, args...)}
}

// timesOf visits with n and with 2n iterations.
func (s *subject) timesOf(ctx context.Context, phase string) (ratio float64, err error) {
	var best [2]timed
	n := s.iterations(phase, timesSample)
	for i := range best {
		p, err := s.process(ctx)
		if err != nil {
			return 0, err
		}
		v, err := s.visit(ctx, p, visit{handle: firstHandle, phase: phase, iterations: n << i, samples: timesCount})
		if err != nil {
			return 0, err
		}
		for _, m := range v.samples {
			if err := impossible(m); err != nil {
				return 0, err
			}
			if best[i].Sample == nil || m.GetWallNs() < best[i].GetWallNs() {
				best[i].Sample = m.Sample
			}
			if best[i].waited == 0 || m.waited < best[i].waited {
				best[i].waited = m.waited
			}
		}
	}
	if s.fixed(phase) {
		return 1, nil
	}
	ratio = float64(best[1].GetWallNs()) / float64(best[0].GetWallNs())
	if ratio < leastRatio || ratio > mostRatio {
		return ratio, timeFaultf(fmt.Sprint("ratio", ratio < leastRatio), "%d iterations took %s, %d took %s, %.2f times as long; it should be twice",
			n, short(best[0].wall()), 2*n, short(best[1].wall()), ratio)
	}
	own, host := best[1].wall()-best[0].wall(), best[1].waited-best[0].waited
	if float64(own) < leastShare*float64(host) {
		return ratio, timeFaultf("share", "%d iterations more took %s by the plugin's clock and %s by the host's: the device was not waited for",
			n, short(own), short(host))
	}
	return ratio, nil
}

// impossible says why a sample's times cannot be.
func impossible(m timed) error {
	most := func(d time.Duration) time.Duration { return time.Duration(float64(d)*slack) + slackFixed }
	switch {
	case m.wall() > most(m.waited):
		return timeFaultf("wall", "a sample says that it took %s, and the host waited %s for it", short(m.wall()), short(m.waited))
	case time.Duration(m.GetDeviceNs()) > most(m.wall()):
		return timeFaultf("device", "a sample says %s on the device and %s in all", short(time.Duration(m.GetDeviceNs())), short(m.wall()))
	case time.Duration(m.GetEncodeNs()) > most(m.wall()):
		return timeFaultf("encode", "a sample says %s for encoding and %s in all", short(time.Duration(m.GetEncodeNs())), short(m.wall()))
	}
	return nil
}
