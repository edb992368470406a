package sdk

import "time"

// lane runs device work one call at a time on one goroutine. It is not tied to
// an operating system thread: devices with thread-bound contexts tie their own
// calls, and the cpu device yields to its workers faster when it is free.
type lane struct{ work chan func() }

func newLane() *lane {
	l := &lane{work: make(chan func())}
	go func() {
		for f := range l.work {
			f()
		}
	}()
	return l
}

// do runs f on the lane and waits. A panic in f ends the process: device state
// cannot be trusted after one.
func (l *lane) do(f func()) {
	done := make(chan struct{})
	l.work <- func() { f(); close(done) }
	<-done
}

// tryDo is do, given up when the lane stays busy for longer than wait.
func (l *lane) tryDo(wait time.Duration, f func()) {
	done := make(chan struct{})
	select {
	case l.work <- func() { f(); close(done) }:
		select {
		case <-done:
		case <-time.After(wait):
		}
	case <-time.After(wait):
	}
}
