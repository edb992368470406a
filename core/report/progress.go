package report

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/assay-bench/assay/core/internal/visible"
	"github.com/assay-bench/assay/core/record"
)

// Progress shows a session while it runs: on a terminal one live line that is
// redrawn in place, elsewhere a plain line per round. Drawing is throttled and
// happens in the host only, between samples.
type Progress struct {
	out   io.Writer
	style Style
	drawn time.Time
	live  bool // a live line is on the screen
	round Now
	now   func() time.Time

	mu    sync.Mutex // Show and still
	after func(time.Duration, func()) (stop func() bool)
	quiet func() bool // stops the next call of still
	heard int         // events; a call of still that came too late to be stopped knows by it
}

// NewProgress writes to out.
func NewProgress(out io.Writer, style Style) *Progress {
	return &Progress{out: out, style: style, now: time.Now, after: func(d time.Duration, f func()) func() bool { return time.AfterFunc(d, f).Stop }}
}

// NewLog writes a line for each thing of a session that another process runs. It says
// nothing by itself when nothing is heard.
func NewLog(out io.Writer) *Progress {
	p := NewProgress(out, Style{})
	p.after = func(time.Duration, func()) func() bool { return func() bool { return true } }
	return p
}

func (p *Progress) terminal() bool { return p.style.Terminal }

// redraw is how often the live line may change: often enough to be alive, too
// seldom to disturb a measurement.
const redraw = 200 * time.Millisecond

// slow is how long a step may take before it is said that it goes on; it is said
// again whenever that time has doubled.
const slow = 10 * time.Second

// still says that a step goes on, unless something was heard since the wait began.
func (p *Progress) still(d record.StepEvent, been time.Duration, heard int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.heard != heard {
		return
	}
	limit := ""
	if d.Limit > 0 {
		limit = ", at most " + time.Duration(d.Limit).String()
		if d.Stage == "visit" {
			limit += " a sample"
		}
	}
	p.line("  ", "still %s for %s%s", p.round.What, been, limit)
	p.watch(d, been, been)
}

// watch waits for the time to say that a step goes on.
func (p *Progress) watch(d record.StepEvent, been, more time.Duration) {
	heard := p.heard
	p.quiet = p.after(more, func() { p.still(d, been+more, heard) })
}

// Show takes one event of the session. An intent says what the plugin is about to
// do, so that the step still goes on.
func (p *Progress) Show(e record.Event) {
	if _, intent := e.Data.(record.IntentEvent); intent {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heard++
	if p.quiet != nil {
		p.quiet()
		p.quiet = nil
	}
	switch d := e.Data.(type) {
	case record.WaitingEvent:
		p.line("", "waiting: another session measures on this machine (%s)", d.Holder)
	case record.OrphansEvent:
		p.line("", "ended %s of sessions that were killed: %s", Count(len(d.Processes), "program"), orphans(d.Processes))
	case record.BusyEvent:
		p.line("", "busy: other programs keep %.1f of %d cores busy%s; what they disturb is measured again, which takes longer and may stay inconclusive",
			d.ForeignLoad, d.Cores, busiest(d.Programs))
	case record.ResumedEvent:
		p.line("", "resumed: what the journal has is not measured again")
	case record.ExperimentEvent:
		p.line("", "%s", p.style.title(fmt.Sprintf("[%d/%d] %s", d.Number, d.Of, e.Experiment), d.Experiment.Description))
		for _, n := range d.Diagnostics {
			p.line("  ", "note: %s", n)
		}
	case record.CaseEvent:
		if d.Of > 1 {
			p.line("  ", "case %s (%d of %d)", d.Case, d.Number, d.Of)
		}
	case record.RoundBeginEvent:
		p.round = Now{Race: d.Race, Round: d.Round.Index, Goal: d.Goal, Visits: d.Total, Left: time.Duration(d.ETA)}
		p.draw("", true)
	case record.StepEvent:
		if d.Stage == "wait" && d.Detail != "" {
			p.line("  ", "waiting: %s", d.Detail)
		}
		p.round.step(d)
		p.draw("", false)
		if d.Stage != "wait" && d.Stage != "cooldown" {
			p.watch(d, 0, slow)
		}
	case record.SampleEvent:
		p.draw("  "+nanos(float64(d.Sample.WallNs)/float64(d.Sample.Iterations))+"/iteration", false)
	case record.RoundEndEvent:
		p.ended(d)
	case record.LookEvent:
		p.line("  ", "look at %s: %s", Count(d.Look.Rounds, "round"), d.Look.Reason)
	case record.SearchEvent:
		if d.Search.Progress != "" {
			p.line("  ", "search: %s", d.Search.Progress)
		}
	case record.RaceEvent:
		if d.Race.Goal > 0 {
			p.line("  ", "select %s: %s; %s run %s more", d.Race.Select, d.Race.Reason, strings.Join(d.Race.Finalists, ", "), Count(d.Race.Goal, "round"))
		}
	case record.FailureEvent:
		p.clear()
		Failure(p.out, &d.Failure, p.style)
	case record.NoteEvent:
		p.line("  ", "note: %s", d.Text)
	case record.ResultEvent:
		p.clear()
	}
}

// orphans names processes, the first few of many.
func orphans(list []record.Orphan) string {
	const most = 8
	var out []string
	for _, o := range list[:min(len(list), most)] {
		out = append(out, fmt.Sprintf("%s (%d)", o.Name, o.PID))
	}
	if more := len(list) - most; more > 0 {
		out = append(out, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(out, ", ")
}

// busiest names programs with the cores that each keeps busy.
func busiest(list []record.Busy) string {
	var out []string
	for _, b := range list {
		out = append(out, fmt.Sprintf("%s %.1f", b.Name, b.Cores))
	}
	if len(out) == 0 {
		return ""
	}
	return " (" + strings.Join(out, ", ") + ")"
}

// ended tells the end of a round: on a terminal the next one overwrites it, unless
// it is measured again.
func (p *Progress) ended(d record.RoundEndEvent) {
	switch {
	case d.Again != "":
		p.line("  ", "%sround %d again: %s", p.round.of(), d.CountedBy+1, d.Again)
	case !p.terminal() && d.Counted:
		p.line("  ", "%sround %d of %d%s", p.round.of(), d.CountedBy, d.Goal, eta(time.Duration(d.ETA)))
	}
}

// draw redraws the live line: round, visit, what is under way, time left.
func (p *Progress) draw(last string, now bool) {
	if !p.terminal() || p.now().Sub(p.drawn) < redraw && !now {
		return
	}
	p.drawn = p.now()
	var b strings.Builder
	l := &p.round
	if l.Round > 0 { // else a round goes on that an earlier process began
		fmt.Fprintf(&b, "  %sround %d", l.of(), l.Round)
	}
	if l.Goal > 0 {
		fmt.Fprintf(&b, "/%d", l.Goal)
	}
	if l.Visits > 0 {
		fmt.Fprintf(&b, "  %s %d/%d", bar(l.Visit, l.Visits), l.Visit, l.Visits)
	}
	if l.What != "" {
		b.WriteString("  " + l.What)
	}
	b.WriteString(last + eta(l.Left))
	p.clear()
	fmt.Fprint(p.out, cut(visible.Line(b.String()), p.style.Width-1))
	p.live = true
}

func (p *Progress) line(indent, format string, args ...any) {
	p.clear()
	p.style.say(p.out, indent, format, args...)
}

func (p *Progress) clear() {
	if p.live {
		fmt.Fprint(p.out, ClearLine)
		p.live = false
	}
}

// ClearLine empties the line that the cursor is in.
var ClearLine = visible.Sequence("\r") + visible.Sequence("[K")

func bar(done, total int) string {
	const width = 10
	full := min(width, width*done/max(total, 1))
	return strings.Repeat("█", full) + strings.Repeat("░", width-full)
}

func eta(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	return "  about " + clock(d) + " left"
}

func cut(s string, width int) string {
	if width <= 0 || utf8.RuneCountInString(s) <= width {
		return s
	}
	return string([]rune(s)[:width])
}
