package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/assay-bench/assay/core/internal/atomicfile"
	"github.com/assay-bench/assay/core/internal/crash"
	"github.com/assay-bench/assay/core/process"
	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/registry"
	"github.com/assay-bench/assay/core/session"
)

// Status is what a command ends with. It is a contract: scripts and CI rely on
// it. A session interrupted by a signal ends with 128 and the signal's number.
type Status int

// The statuses of all commands.
const (
	Passed     Status = 0
	Failed     Status = 1
	BadUsage   Status = 2
	Undecided  Status = 3
	PluginLost Status = 4
	Unwritten  Status = 5
	Crashed    Status = crash.Status

	interruption Status = 128
)

// meanings are the table of the README, and what --help prints.
var meanings = []struct{ status, meaning string }{
	{"0", "passed, or the command did what it was asked"},
	{"1", "a guardrail or an assert failed; `fmt --check`: a file is not formatted; `explain`: something stored does not follow from the samples; `plugin check`, `plugin try`: the plugin breaks a rule, or fails a check"},
	{"2", "usage or configuration: an argument, a file, a plugin that is not installed, a session that cannot be resumed"},
	{"3", "inconclusive or invalid, or measured in part: nothing failed, and nothing may be concluded; `plugin check`: the machine is too busy to tell; `promote`: the result is not stable"},
	{"4", "a plugin crashed, hung, broke the protocol or could not start, or a build failed"},
	{"5", "results or output could not be written"},
	{"70", "assay itself crashed (134 where only Go's runtime could end it)"},
	{"128 + N", "interrupted by signal N: 130 by Ctrl-C, 143 by `kill`, 129 by a terminal that closed, 141 by a reader of the output that is gone"},
}

// statusHelp is the table as text.
func statusHelp() string {
	var b strings.Builder
	b.WriteString("Exit status:")
	for _, m := range meanings {
		fmt.Fprintf(&b, "\n  %-8s %s", m.status, m.meaning)
	}
	return b.String()
}

// told is an error that was shown already; it only carries the status.
type told Status

func (s told) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// cannotStart is an error about something that would have been measured.
type cannotStart struct{ error }

func (e cannotStart) Unwrap() error { return e.error }

// statusOf says what a command ends with after an error.
func statusOf(ctx context.Context, err error) Status {
	var s told
	var file *atomicfile.Error
	var document *record.WriteError
	var death *process.DeathError
	var digest *process.DigestError
	var start cannotStart
	var broken *registry.Broken
	var other *session.OtherSetup
	switch {
	case err == nil:
		return Passed
	case errors.As(err, &s):
		return Status(s)
	case errors.As(err, &file), errors.As(err, &document):
		return Unwritten
	case errors.Is(err, context.Canceled):
		return interrupted(ctx)
	case errors.As(err, &death), errors.As(err, &digest), errors.As(err, &start), errors.As(err, &broken):
		return PluginLost
	case errors.As(err, &other):
		return Undecided
	}
	return BadUsage
}

// Interrupt is the cause of a context that a signal cancelled.
type Interrupt struct{ Signal syscall.Signal }

func (i *Interrupt) Error() string { return "interrupted by " + i.Signal.String() }

// stopped is what people read of an interrupt.
type stopped struct{ next string } // how to go on; may be empty

func (e *stopped) Error() string {
	if e.next == "" {
		return "interrupted"
	}
	return "interrupted; " + e.next
}

func (e *stopped) Unwrap() error { return context.Canceled }

func interrupted(ctx context.Context) Status {
	by := syscall.SIGINT
	var i *Interrupt
	if errors.As(context.Cause(ctx), &i) {
		by = i.Signal
	}
	return interruption + Status(by)
}

// WithSignals gives a context that lets a command end in order: what was
// measured is judged and written. A second interrupt ends the process. A
// terminal that is gone says so more than once.
func WithSignals(ctx context.Context) context.Context {
	// Without this, the first write to a pipe that nobody reads ends the process.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	ctx, cancel := context.WithCancelCause(ctx)
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, os.Interrupt, syscall.SIGTERM)
	hangUp := make(chan os.Signal, 1)
	if !signal.Ignored(syscall.SIGHUP) { // nohup
		signal.Notify(hangUp, syscall.SIGHUP)
	}
	crash.Go(func() {
		var s os.Signal
		select {
		case s = <-caught:
		case s = <-hangUp:
		}
		cancel(&Interrupt{s.(syscall.Signal)})
		endBy(<-caught)
	})
	return ctx
}

// Execute is the whole process: signals, crashes, one command.
func Execute(args []string, streams Streams, getenv func(string) string) Status {
	crash.Traceback()
	defer crash.Catch()
	return Main(WithSignals(context.Background()), args, streams, getenv)
}

// verdictStatus turns results into a status: a fail is an answer and comes
// first, then what kept answers from being found.
func verdictStatus(results []*record.Result) error {
	worst := Passed
	rank := []Status{Passed, Undecided, PluginLost, Failed}
	for _, r := range results {
		if s := resultStatus(r); slices.Index(rank, s) > slices.Index(rank, worst) {
			worst = s
		}
	}
	if worst == Passed {
		return nil
	}
	return told(worst)
}

func resultStatus(r *record.Result) Status {
	switch {
	case r.Verdict == "fail":
		return Failed
	case r.Status == record.Crashed || r.Status == record.Hung:
		return PluginLost
	case r.Status == record.Partial || r.Verdict == "inconclusive" || r.Verdict == "invalid":
		return Undecided
	}
	return Passed
}
