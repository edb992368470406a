package sdk

import (
	"runtime"
	"time"
)

// thread runs device work one call at a time on one operating system thread:
// GPU contexts, autorelease pools and processor affinity belong to a thread.
type thread struct{ work chan func() }

func newThread() *thread {
	t := &thread{work: make(chan func())}
	go func() {
		runtime.LockOSThread()
		for f := range t.work {
			f()
		}
	}()
	return t
}

// do runs f on the thread and waits. A panic in f ends the process: device
// state cannot be trusted after one.
func (t *thread) do(f func()) {
	done := make(chan struct{})
	t.work <- func() { f(); close(done) }
	<-done
}

// tryDo is do, given up when the thread stays busy for longer than wait.
func (t *thread) tryDo(wait time.Duration, f func()) {
	done := make(chan struct{})
	select {
	case t.work <- func() { f(); close(done) }:
		select {
		case <-done:
		case <-time.After(wait):
		}
	case <-time.After(wait):
	}
}
