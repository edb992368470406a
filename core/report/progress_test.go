package report

import (
	"strings"
	"testing"
	"time"

	"github.com/assay-bench/assay/core/record"
)

// What is slow says so, as long as nothing else is heard.
func TestASlowStepSaysSo(t *testing.T) {
	var out strings.Builder
	p := NewProgress(&out, Style{})
	var next func()
	var waits []time.Duration
	p.after = func(d time.Duration, f func()) func() bool {
		waits, next = append(waits, d), f
		return func() bool { next = nil; return true }
	}
	show := func(d record.Data) { p.Show(record.Event{Experiment: "x", Data: d}) }
	show(record.StepEvent{Stage: "start", Variant: "b", Limit: time.Minute.Nanoseconds()})
	next()
	next()
	show(record.StepEvent{Stage: "visit", Variant: "b", Phase: "decode", Limit: 2 * time.Minute.Nanoseconds()})
	show(record.IntentEvent{Variant: "b", What: "run decode"})
	if next == nil {
		t.Fatal("an intent ends the wait for a sample")
	}
	next()
	show(record.NoteEvent{Text: "done"})
	if next != nil {
		t.Error("it goes on after the step's end")
	}
	want := "  still start b for 10s, at most 1m0s\n  still start b for 20s, at most 1m0s\n" +
		"  still visit b decode for 10s, at most 2m0s a sample\n  note: done\n"
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
	if len(waits) != 5 || waits[0] != slow || waits[1] != slow || waits[2] != 2*slow {
		t.Errorf("waits %v", waits)
	}
}

// A timer that has fired cannot be stopped: it waits while an event is shown.
func TestWhatIsHeardLateIsNotSaid(t *testing.T) {
	var out strings.Builder
	p := NewProgress(&out, Style{})
	var fired []func()
	p.after = func(_ time.Duration, f func()) func() bool {
		fired = append(fired, f)
		return func() bool { return false }
	}
	show := func(d record.Data) { p.Show(record.Event{Experiment: "x", Data: d}) }
	show(record.StepEvent{Stage: "start", Variant: "b"})
	show(record.StepEvent{Stage: "prepare", Variant: "b"})
	fired[0]()
	if len(fired) != 2 || out.Len() > 0 {
		t.Errorf("%d waits, want 2; said %q, want nothing", len(fired), out.String())
	}
	fired[1]()
	if want := "  still prepare b for 10s\n"; out.String() != want {
		t.Errorf("said %q, want %q", out.String(), want)
	}
}
