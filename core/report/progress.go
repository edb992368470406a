package report

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/assay-bench/assay/core/session"
)

// Progress shows a session while it runs: on a terminal one live line that is
// redrawn in place, elsewhere a plain line per round. Drawing is throttled and
// happens in the host only, between samples.
type Progress struct {
	out      io.Writer
	style    Style
	terminal bool
	width    int
	drawn    time.Time
	live     bool // a live line is on the screen
	now      func() time.Time
}

// NewProgress writes to out. width is the terminal's, 0 when out is none.
func NewProgress(out io.Writer, style Style, width int) *Progress {
	return &Progress{out: out, style: style, terminal: width > 0, width: width, now: time.Now}
}

// redraw is how often the live line may change: often enough to be alive, too
// seldom to disturb a measurement.
const redraw = 200 * time.Millisecond

// Show takes one event of the session.
func (p *Progress) Show(e session.Event) {
	switch e.Kind {
	case session.Waiting:
		p.line("waiting: another session measures on this machine (%s)", e.Text)
	case session.ExperimentBegins:
		p.line("%s %s", p.style.bold(fmt.Sprintf("[%d/%d] %s", e.Done+1, e.Total, e.Experiment)), e.Text)
	case session.CaseBegins:
		if e.Total > 1 {
			p.line("  case %s (%d of %d)", e.Case, e.Done+1, e.Total)
		}
	case session.RoundBegins, session.Step, session.SampleTaken:
		p.draw(e)
	case session.RoundEnds:
		if !p.terminal {
			p.line("  round %d of %d%s", e.Round, e.Rounds, eta(e.ETA))
		}
	case session.LookTaken:
		p.line("  look at %s: %s", Count(e.Round, "round"), e.Text)
	case session.Searched:
		p.line("  search: %s", e.Text)
	case session.Failed:
		p.clear()
		Failure(p.out, e.Failure)
	case session.Noted:
		p.line("  note: %s", e.Text)
	case session.ExperimentEnds:
		p.clear()
	}
}

// draw redraws the live line: round, visit, what is under way, time left.
func (p *Progress) draw(e session.Event) {
	if !p.terminal || (p.now().Sub(p.drawn) < redraw && e.Kind != session.RoundBegins) {
		return
	}
	p.drawn = p.now()
	var b strings.Builder
	fmt.Fprintf(&b, "  round %d", e.Round)
	if e.Rounds > 0 {
		fmt.Fprintf(&b, "/%d", e.Rounds)
	}
	if e.Total > 0 {
		fmt.Fprintf(&b, "  %s %d/%d", bar(e.Done, e.Total), e.Done, e.Total)
	}
	if what := strings.TrimSpace(e.Text + " " + e.Variant + " " + e.Phase); what != "" {
		b.WriteString("  " + what)
	}
	if e.PerIteration > 0 {
		b.WriteString("  " + nanos(float64(e.PerIteration)))
	}
	b.WriteString(eta(e.ETA))
	p.clear()
	fmt.Fprint(p.out, cut(b.String(), p.width-1))
	p.live = true
}

func (p *Progress) line(format string, args ...any) {
	p.clear()
	fmt.Fprintf(p.out, format+"\n", args...)
}

func (p *Progress) clear() {
	if p.live {
		fmt.Fprint(p.out, "\r\x1b[K")
		p.live = false
	}
}

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
