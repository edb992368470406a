package serve

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/assay-bench/assay/core/page"
	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/report"
)

// states are the words for endings.
var states = map[record.Ending]string{record.Ended: "ended", record.Early: "ended early", record.Killed: "killed", record.Running: "running"}

// heard are the kinds of events that a page shows. Samples and what else a visit
// writes are passed over.
var heard = []record.Data{
	record.SessionEvent{}, record.WaitingEvent{}, record.OrphansEvent{}, record.BusyEvent{}, record.ExperimentEvent{}, record.NoteEvent{},
	record.CaseEvent{}, record.RoundBeginEvent{}, record.StepEvent{}, record.FailureEvent{}, record.RoundEndEvent{}, record.LookEvent{},
	record.SearchEvent{}, record.RaceEvent{}, record.ResultEvent{}, record.ResumedEvent{},
}

// mostLines is how many lines of what a session said are kept.
const mostLines = 400

// session follows one journal.
type session struct {
	folder  string // of its journal
	follow  *record.Follower
	seen    os.FileInfo
	ending  record.Ending
	known   bool  // ending is
	trouble error // why it cannot be followed now
	lost    bool  // the journal was not there when it was looked for last
	ran     bool  // it was seen running
	asked   bool  // somebody asked for its page
	whole   bool  // it has ended, and all was read

	out      bytes.Buffer
	log      *report.Progress
	lines    []string
	dropped  int
	place    string // which experiment and case
	waiting  string // for whom
	last     time.Time
	written  []page.Concluded
	document func(path string) string // the address of a document's page
}

func newSession(folder string, document func(string) string) *session {
	s := &session{folder: folder, document: document}
	s.begin()
	return s
}

// begin forgets what was read.
func (s *session) begin() {
	s.follow = record.Follow(s.journal(), heard...)
	s.out.Reset()
	s.log = report.NewLog(&s.out)
	s.lines, s.dropped, s.place, s.waiting, s.written = nil, 0, "", "", nil
	s.last = time.Time{}
}

func (s *session) id() string      { return filepath.Base(s.folder) }
func (s *session) journal() string { return filepath.Join(s.folder, "journal.jsonl") }

// look learns how the session is, by its journal's size where that is all it needs.
func (s *session) look() {
	info, err := os.Stat(s.journal())
	if err != nil {
		s.trouble, s.known, s.seen, s.lost = err, false, nil, true
		return
	}
	if s.lost { // what is there now is another one, whatever it looks like
		s.lost = false
		s.begin()
	}
	same := s.seen != nil && os.SameFile(s.seen, info) && s.seen.Size() == info.Size() && s.seen.ModTime().Equal(info.ModTime())
	if same && s.known && s.ending != record.Running && s.trouble == nil {
		return
	}
	// The lock that tells whether a session runs is asked for when there is something in
	// the journal: one that begins has locked it by then.
	if info.Size() == 0 {
		s.seen, s.known, s.trouble = info, false, nil
		return
	}
	if s.ending, s.trouble = record.EndingOf(s.journal()); s.trouble != nil {
		s.known = false
		return
	}
	s.seen, s.known, s.whole = info, true, false
	s.ran = s.ran || s.ending == record.Running
}

// read reads what was written since, of a session that somebody sees.
func (s *session) read() {
	if s.whole || s.trouble != nil || !s.ran && !s.asked {
		return
	}
	s.whole = s.known && s.ending != record.Running
	err := s.follow.More(s.hear)
	if errors.Is(err, record.ErrReplaced) {
		s.begin()
		err = s.follow.More(s.hear)
	}
	if s.trouble = err; err != nil {
		s.whole = false
	}
	text := strings.TrimRight(s.out.String(), "\n")
	s.out.Reset()
	if text != "" {
		s.lines = append(s.lines, strings.Split(text, "\n")...)
	}
	if more := len(s.lines) - mostLines; more > 0 {
		s.lines, s.dropped = append([]string(nil), s.lines[more:]...), s.dropped+more
	}
}

func (s *session) hear(e record.Event) {
	s.last, s.waiting = e.Time, ""
	switch d := e.Data.(type) {
	case record.SessionEvent:
		return // the log has no line of it
	case record.WaitingEvent:
		s.waiting = d.Holder
	case record.ExperimentEvent:
		s.place = fmt.Sprintf("experiment %d of %d, %s", d.Number, d.Of, e.Experiment)
	case record.CaseEvent:
		if s.place, _, _ = strings.Cut(s.place, ": case "); d.Of > 1 {
			s.place += fmt.Sprintf(": case %s (%d of %d)", d.Case, d.Number, d.Of)
		}
	case record.ResultEvent:
		s.written = append(s.written, page.Concluded{Experiment: e.Experiment, Verdict: d.Verdict, Page: s.document(d.Path)})
	}
	s.log.Show(e)
}

// live is the session as a page shows it.
func (s *session) live(goOn func(folder string) string) page.Live {
	l := page.Live{ID: s.id(), Written: s.written, Lines: s.lines, State: "starting", Sentence: "it has not begun an experiment yet"}
	if s.dropped > 0 {
		l.Left = report.Count(s.dropped, "earlier line") + " left out; the journal has all"
	}
	if s.follow.Damaged > 0 {
		l.Warning = fmt.Sprintf("%s of the journal cannot be read: `assay recover %s` says which", report.Count(s.follow.Damaged, "line"), s.folder)
	}
	if s.known {
		l.State = states[s.ending]
	}
	switch {
	case errors.Is(s.trouble, fs.ErrNotExist):
		l.State, l.Sentence = "gone", "its journal was moved or deleted"
		return l
	case s.trouble != nil:
		l.State, l.Sentence = "unknown", s.trouble.Error()
		return l
	case s.known && s.ending != record.Running:
		l.Sentence = map[record.Ending]string{
			record.Ended:  "every document was written",
			record.Early:  "it ended before everything was measured",
			record.Killed: "it was killed, or could not write any more, before it had written its documents",
		}[s.ending]
		if s.ending != record.Ended {
			l.Next = goOn(s.folder)
		}
		return l
	case s.waiting != "":
		l.State, l.Sentence = "waiting", "another session measures on this machine: "+s.waiting
		return l
	case s.place == "":
		return l
	}
	now := s.log.Now()
	l.Sentence, l.Now = s.place, now.Sentence()
	if now.Goal > 0 && now.Round > 0 { // of a round nobody knows how often visits are made again
		l.All, l.Done = now.Goal, min(now.Goal, now.Round-1)
	}
	l.Heard = "last event at " + s.last.UTC().Format("15:04:05 MST")
	return l
}
