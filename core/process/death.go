package process

import (
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// Kind classifies how a plugin ended.
type Kind string

// Kinds of death.
const (
	KindNone       Kind = "none"                // it has not died, or the host ended it in order
	KindNotStarted Kind = "not_started"         // the system did not start it, Detail says what its file is
	KindExited     Kind = "exited"              // by itself, with ExitCode
	KindSignal     Kind = "signal"              // by Signal that the host did not send
	KindPanic      Kind = "panic"               // Go runtime panic or fatal error, text in Panic
	KindHang       Kind = "hang"                // no answer, or no heartbeat, in time
	KindGuardrail  Kind = "killed_by_guardrail" // by KillFor
	KindOOM        Kind = "oom_suspected"       // SIGKILL from outside while the machine was short of memory
	KindGPUFault   Kind = "gpu_fault"           // the device refused or lost the work
	KindProtocol   Kind = "protocol"            // it broke the protocol
	KindNumbers    Kind = "impossible_numbers"  // it sent numbers that cannot be true
	KindError      Kind = "plugin_error"        // it answered with an error that is no advice to a user
)

// Death says how a plugin ended, as data for the result document.
type Death struct {
	Kind     Kind   `json:"kind"`
	Phase    string `json:"phase,omitempty"` // RPC in flight: "start", "prepare", "measure decode"
	Detail   string `json:"detail,omitempty"`
	ExitCode int    `json:"exit_code,omitempty"`
	Signal   string `json:"signal,omitempty"`

	Intent string   `json:"last_intent,omitempty"`    // what it was about to do
	Acked  uint64   `json:"last_acked_seq,omitempty"` // of the last visit
	Panic  []string `json:"panic,omitempty"`          // first lines
	Stderr string   `json:"stderr_tail,omitempty"`
	Report string   `json:"crash_report,omitempty"` // path of macOS's own report

	PID        int   `json:"pid,omitempty"`
	MaxRSS     int64 `json:"max_rss_bytes,omitempty"`
	ReadyNS    int64 `json:"start_to_ready_ns,omitempty"`
	Rule       Rule  `json:"-"`                    // that it broke, where the host noticed which
	Unkillable bool  `json:"unkillable,omitempty"` // still there after SIGKILL: no further device work on this machine
}

// Died reports whether this is anything but an orderly end.
func (d Death) Died() bool { return d.Kind != "" && d.Kind != KindNone }

// String is "exited(3)", "signal(killed)", "hang(measure decode)", …
func (d Death) String() string {
	switch d.Kind {
	case KindExited:
		return fmt.Sprintf("exited(%d)", d.ExitCode)
	case KindSignal:
		return "signal(" + d.Signal + ")"
	case KindHang:
		return "hang(" + d.Phase + ")"
	case KindGuardrail, KindGPUFault:
		return string(d.Kind) + "(" + d.Detail + ")"
	}
	return string(d.Kind)
}

// DeathError is the error of every call that met a plugin's end.
type DeathError struct {
	Plugin string
	Death  Death
}

func (e *DeathError) Error() string {
	text := fmt.Sprintf("plugin %s: %s", e.Plugin, e.Death)
	if e.Death.Phase != "" && e.Death.Kind != KindHang {
		text += " during " + e.Death.Phase
	}
	switch {
	case len(e.Death.Panic) > 0:
		text += ": " + e.Death.Panic[0]
	case e.Death.Detail != "" && e.Death.Kind != KindGuardrail && e.Death.Kind != KindGPUFault:
		text += ": " + e.Death.Detail
	}
	return text
}

// cause is what the host knew or decided before the process ended.
type cause struct {
	kind  Kind // empty: nothing, the process ended by itself
	text  string
	phase string
	rule  Rule
}

// evidence is everything that classification looks at.
type evidence struct {
	cause  cause
	exited bool
	code   int            // exit status, -1 when a signal ended it
	signal syscall.Signal // 0: none
	crash  []string       // first lines of a Go crash
	gpu    string         // device fault printed on stderr
	oom    oomVerdict
}

var crashSignal = regexp.MustCompile(`(?:^|\[signal )(SIG[A-Z]+)`)

// classify decides what a death was. What the host did deliberately comes
// first, then the device, then what the process said, then how it ended.
func classify(e evidence) (kind Kind, detail, signal string) {
	switch {
	case e.cause.kind == KindGuardrail:
		return KindGuardrail, e.cause.text, ""
	case e.gpu != "":
		return KindGPUFault, e.gpu, ""
	case e.cause.kind != "":
		return e.cause.kind, e.cause.text, ""
	case !e.exited:
		return KindNone, "", ""
	case len(e.crash) > 0 && (e.code == 2 || e.signal == syscall.SIGABRT):
		return classifyCrash(e.crash)
	case e.signal == syscall.SIGKILL && e.oom == oomGrew:
		return KindOOM, "the kernel's out-of-memory counter rose while it ran", e.signal.String()
	case e.signal == syscall.SIGKILL && e.oom == oomUnknown:
		return KindOOM, "killed from outside; this system does not say whether memory ran out", e.signal.String()
	case e.signal != 0:
		return KindSignal, "", e.signal.String()
	}
	return KindExited, exitText(e.code), ""
}

// classifyCrash tells a Go panic from a memory fault in native code, which the
// Go runtime also ends with status 2.
func classifyCrash(crash []string) (kind Kind, detail, signal string) {
	first := crash[0]
	if strings.HasPrefix(first, "panic: ") {
		return KindPanic, first, ""
	}
	for _, line := range crash[:min(len(crash), 8)] {
		if m := crashSignal.FindStringSubmatch(line); m != nil {
			return KindSignal, first, m[1]
		}
	}
	return KindPanic, first, ""
}

func exitText(code int) string {
	switch code {
	case 0:
		return "ended before the host asked it to"
	case 86:
		return "its lifeline to the host closed"
	}
	return ""
}

// Death says how the process ended; KindNone while it runs.
func (p *Process) Death() Death {
	c := p.theChild()
	p.mu.Lock()
	d := Death{
		Phase: p.phase, Intent: p.intent, Acked: p.acked,
		ReadyNS: p.ready.Nanoseconds(), Unkillable: p.unkillable, Rule: p.cause.rule,
	}
	e := evidence{cause: p.cause}
	if p.cause.phase != "" {
		d.Phase = p.cause.phase
	}
	p.mu.Unlock()
	if c == nil {
		d.Kind = KindNone
		return d
	}
	d.PID = c.pid()
	e.crash, d.Stderr, e.gpu = c.out.report()
	d.Panic = e.crash
	if c.hasExited() && c.state != nil {
		e.exited, e.code = true, c.state.ExitCode()
		e.signal = exitSignal(c.state)
		e.oom = p.oom.since()
		d.MaxRSS = maxRSS(c.state)
		if e.code > 0 {
			d.ExitCode = e.code
		}
	}
	d.Kind, d.Detail, d.Signal = classify(e)
	if d.Phase == "start" && d.Detail == "" {
		d.Detail = Missing(d.Stderr)
	}
	if d.Kind == KindExited && d.Detail == "" {
		d.Detail = Raised(d.Stderr)
		if d.Detail == "" && d.Phase == "start" {
			d.Detail = lastSaid(d.Stderr)
		}
	}
	if d.Kind == KindSignal || d.Kind == KindOOM {
		d.Report = crashReport(p.opts.Path, p.began)
	}
	return d
}

func exitSignal(s *os.ProcessState) syscall.Signal {
	if w, ok := s.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return w.Signal()
	}
	return 0
}

// maxRSS in bytes: Linux counts KiB, macOS bytes.
func maxRSS(s *os.ProcessState) int64 {
	r, ok := s.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return r.Maxrss
	}
	return r.Maxrss << 10
}

// waitForDeath gives a process whose connection broke time to end: the
// connection goes first by a few milliseconds.
const waitForDeath = 3 * time.Second
