package serve

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/assay-bench/assay/core/record"
)

// journal is one of a session of the site that is being written.
type journal struct {
	*record.Journal
	t  *testing.T
	id string
}

func (s *site) begin(id string) *journal {
	s.t.Helper()
	j, err := record.CreateJournal(filepath.Join(s.folder, "runs", id))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = j.Close() })
	return &journal{j, s.t, id}
}

func (j *journal) add(data ...record.Data) {
	j.t.Helper()
	for _, d := range data {
		if _, err := j.Append(record.Event{Time: time.Date(2026, 3, 1, 12, 0, 5, 0, time.UTC), Experiment: "gate", Data: d}); err != nil {
			j.t.Fatal(err)
		}
	}
}

const first, second = "20260301T120000Z-000001", "20260302T120000Z-000002"

// A session is followed from its first line to the document that it writes.
func TestASessionIsFollowed(t *testing.T) {
	s := newSite(t)
	hasNot(t, s.get("/-/now"), first)
	j := s.begin(first)
	now, live := "/-/now", "/-/live/"+first+"/now"
	has(t, s.get(now), first, "starting")
	j.add(record.SessionEvent{Session: record.Session{ID: first}}, record.WaitingEvent{Holder: "session <b>x</b>"})
	has(t, s.get(live), ">waiting<", "session &lt;b&gt;x")
	j.add(record.ExperimentEvent{Number: 1, Of: 2}, record.CaseEvent{Case: "bits=4", Number: 2, Of: 3},
		record.RoundBeginEvent{Case: "bits=4", Round: record.Round{Index: 3}, Goal: 8, Total: 16, ETA: 125e9},
		record.SampleEvent{Case: "bits=4"}, record.StepEvent{Case: "bits=4", Stage: "visit", Variant: "fused", Phase: "decode", Visit: 5})
	for _, path := range []string{now, live, "/-/live/" + first, "/"} {
		has(t, s.get(path), ">running<", "experiment 1 of 2, gate: case bits=4 (2 of 3)", `<progress max="8" value="2"`,
			"round 3 of 8, visit 5 of 16: fused decode, about 2m05s left", "last event at 12:00:05 UTC")
	}
	has(t, s.get(live), "[1/2] gate", "case bits=4 (2 of 3)")
	j.add(record.LookEvent{Look: record.Look{Rounds: 8, Reason: "decided \x1b[2J\u202e"}}, record.NoteEvent{Text: "x <script>"})
	has(t, s.get(live), "look at 8 rounds: decided \\x1b[2J\\u202e", "x &lt;script&gt;")

	path := filepath.Join(s.folder, "gate", first+".json")
	j.add(record.ResultEvent{Path: path, Status: record.Complete, Verdict: "pass"}, record.ResultEvent{Path: "/elsewhere/x.json", Verdict: "fail"})
	has(t, s.get(now), `<a href="/gate/`+first+`.html">gate</a>`, `<span class="badge fail">fail</span> gate</p>`)
	j.add(record.SessionEndEvent{})
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{now, live} {
		text := s.get(path)
		has(t, text, ">ended<", "every document was written", first+".html")
		hasNot(t, text, "<progress")
	}
}

// One that asks again at once gets what is known: journals are not looked at.
func TestJournalsAreSeldomLookedAt(t *testing.T) {
	s := newSite(t)
	j := s.begin(first)
	j.add(record.ExperimentEvent{Number: 1, Of: 1})
	has(t, s.get("/-/now"), "experiment 1 of 1")
	j.add(record.CaseEvent{Case: "n=1", Number: 1, Of: 2})
	if w := s.ask("GET", "/-/now", "localhost", nil); strings.Contains(w.Body.String(), "n=1") {
		t.Error("the journal was read again at once")
	}
	has(t, s.get("/-/now"), "n=1")
}

// Journals are torn, cut, replaced and deleted, and sessions killed and resumed.
func TestJournalsThatDoNotLast(t *testing.T) {
	s := newSite(t)
	live := "/-/live/" + first + "/now"
	j := s.begin(first)
	j.add(record.ExperimentEvent{Number: 1, Of: 1}, record.NoteEvent{Text: "before"})
	has(t, s.get(live), "before", ">running<")
	raw, err := os.OpenFile(j.Path(), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := raw.WriteString("damaged\n{\"sum\":\""); err != nil {
		t.Fatal(err)
	}
	if err := raw.Close(); err != nil {
		t.Fatal(err)
	}
	has(t, s.get(live), "before", "1 line of the journal cannot be read")

	// Killed: nobody holds it any more.
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	has(t, s.get(live), ">killed<", "<code>assay resume "+first+"</code>")
	has(t, s.get("/-/now"), ">killed<")

	// Another one begins in its place.
	if err := os.RemoveAll(filepath.Dir(j.Path())); err != nil {
		t.Fatal(err)
	}
	has(t, s.get(live), ">gone<", "moved or deleted")
	again := s.begin(first)
	again.add(record.ExperimentEvent{Number: 1, Of: 1}, record.NoteEvent{Text: "after"})
	text := s.get(live)
	has(t, text, "after", ">running<")
	hasNot(t, text, "before", "cannot be read")
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	s.get(live)
	more, err := record.OpenJournal(again.Path(), func(record.Event) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	defer more.Close()
	resumed := &journal{more, t, first}
	resumed.add(record.ResumedEvent{}, record.NoteEvent{Text: "resumed"})
	has(t, s.get(live), "after", "resumed: what the journal has", ">running<")
}

// Of several sessions all that run are shown, and those that ended early after the
// last that ended as it should.
func TestManySessions(t *testing.T) {
	s := newSite(t)
	end := func(id string, results ...record.ResultSketch) {
		t.Helper()
		j := s.begin(id)
		j.add(record.ExperimentEvent{Number: 1, Of: 1}, record.SessionEndEvent{Results: results})
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
	end("20260101T120000Z-aaaaaa", record.ResultSketch{Status: record.Partial})
	end("20260102T120000Z-bbbbbb")
	end("20260103T120000Z-cccccc", record.ResultSketch{Status: record.Partial})
	s.begin(first).add(record.ExperimentEvent{Number: 1, Of: 1})
	s.begin(second).add(record.ExperimentEvent{Number: 1, Of: 1}, record.WaitingEvent{Holder: "another"})
	if err := os.MkdirAll(filepath.Join(s.folder, "runs", "notes"), 0o755); err != nil {
		t.Fatal(err)
	}
	text := s.get("/-/now")
	has(t, text, first, second, "20260103T120000Z-cccccc", "ended early", "<code>assay resume 20260103T120000Z-cccccc</code>")
	hasNot(t, text, "aaaaaa", "bbbbbb", "notes")
	has(t, s.get("/-/live/20260101T120000Z-aaaaaa"), "ended early", "[1/1] gate")

	// One that began before the latest ones were listed is found by its name.
	for i := range latest + 4 {
		end(time.Date(2026, 4, 1, 0, i, 0, 0, time.UTC).Format("20060102T150405Z") + "-dddddd")
	}
	fresh := newSite(t)
	fresh.folder = s.folder
	fresh.server.sessions.folder = s.folder
	has(t, fresh.get("/-/live/"+first), ">running<")
}
