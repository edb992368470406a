package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/assay-bench/assay/core/record"
)

// Now is what a session does at a moment: the round of its case that is under way.
type Now struct {
	Race   string // select block whose finalists run the round; empty: it is the case's
	Round  int    // 0: one that an earlier process began
	Goal   int    // rounds up to the next look; 0: not known
	Visit  int
	Visits int // of the round; 0: not known
	What   string
	Left   time.Duration // of the experiment; 0: not known
}

// Now is what the session that p shows does.
func (p *Progress) Now() Now {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.round
}

// Sentence is a text of it, empty where no round was begun.
func (n Now) Sentence() string {
	var parts []string
	if n.Round > 0 {
		text := fmt.Sprintf("%sround %d", n.of(), n.Round)
		if n.Goal > 0 {
			text += fmt.Sprintf(" of %d", n.Goal)
		}
		parts = append(parts, text)
	}
	what := n.What
	if n.Visits > 0 {
		text := fmt.Sprintf("visit %d of %d", n.Visit, n.Visits)
		if whose, ok := strings.CutPrefix(what, "visit "); ok {
			text, what = text+": "+whose, ""
		}
		parts = append(parts, text)
	}
	if what != "" {
		parts = append(parts, what)
	}
	if left := strings.TrimSpace(eta(n.Left)); left != "" {
		parts = append(parts, left)
	}
	return strings.Join(parts, ", ")
}

// of says whose round it is, where it is not the case's.
func (n *Now) of() string {
	if n.Race == "" {
		return ""
	}
	return "race of " + n.Race + ": "
}

func (n *Now) step(d record.StepEvent) {
	n.Visit = max(n.Visit, d.Visit)
	n.Visits = max(n.Visits, d.Visit) // visits made again come on top of those planned
	stage := d.Stage
	if d.Detail != "" {
		stage += ": " + d.Detail
	}
	switch {
	case d.Stage == "wait" && d.Detail == "":
		stage = "waiting for other programs"
	case d.Stage == "cooldown":
		stage = "cooling down"
	}
	n.What = strings.TrimSpace(strings.Join([]string{stage, d.Variant, d.Phase}, " "))
}
