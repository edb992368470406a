package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

func writeJournal(t *testing.T, n int) string {
	t.Helper()
	j, err := CreateJournal(t.TempDir() + "/run")
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if _, err := j.Append(Event{Experiment: "e", Data: SampleEvent{Case: "c", Sample: Sample{Seq: uint64(i)}}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return j.Path()
}

func TestJournalKeepsEverythingBeforeATornTail(t *testing.T) {
	path := writeJournal(t, 5)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(whole, []byte("\n"))
	start := len(whole) - len(lines[4])
	for cut := start + 1; cut < len(whole); cut++ {
		events, kept, err := readEvents(bytes.NewReader(whole[:cut]), path)
		if err != nil || len(events) != 4 || kept != int64(start) {
			t.Fatalf("cut at %d: %d events in %d bytes, error %v; want 4 events in %d", cut, len(events), kept, err, start)
		}
	}
	if events, torn, err := ReadJournal(path); err != nil || torn || len(events) != 5 {
		t.Fatalf("whole journal: %d events, torn %v, error %v", len(events), torn, err)
	}
}

func TestAJournalGoesOnBehindATornTail(t *testing.T) {
	path := writeJournal(t, 3)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err == nil {
		_, err = f.WriteString(`{"sum":"0123`)
	}
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	var events []Event
	keep := func(e Event) error {
		events = append(events, e)
		return nil
	}
	j, err := OpenJournal(path, keep)
	if err != nil || len(events) != 3 {
		t.Fatalf("%d events, error %v; want the 3 whole ones", len(events), err)
	}
	if _, err := OpenJournal(path, keep); err == nil || !strings.Contains(err.Error(), "another session writes to it") {
		t.Errorf("a second writer got the error %v", err)
	}
	if e, err := j.Append(Event{Data: NoteEvent{Text: "on"}}); err != nil || e.Seq != 4 {
		t.Errorf("appended as %d, error %v; want 4", e.Seq, err)
	}
	j.Close()
	if events, torn, err := ReadJournal(path); err != nil || torn || len(events) != 4 {
		t.Errorf("%d events, torn %v, error %v", len(events), torn, err)
	}
}

func TestJournalRefusesDamage(t *testing.T) {
	path := writeJournal(t, 4)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(whole), "\n")
	for name, c := range map[string]struct{ text, want string }{
		"changed": {strings.Replace(string(whole), `"case":"c"`, `"case":"d"`, 1), ":1: checksum"},
		"missing": {lines[0] + lines[2] + lines[3], ":2: event 3 where 2 belongs, a line is missing"},
		"garbage": {lines[0] + "{}\n" + lines[1] + lines[2], ":2: "},
	} {
		_, _, err := readEvents(strings.NewReader(c.text), "j")
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that holds %q", name, err, c.want)
		}
	}
}

// A line is the JSON of its type, and is taken apart without reading that.
func TestLinesAreJSON(t *testing.T) {
	for _, d := range append(Kinds(), NoteEvent{"<a>\\\"\u2028 { \",\"kind\":"}, FailureEvent{Failure{Case: `","event":`}}) {
		for _, experiment := range []string{"", "e", `a "b" <c>`} {
			e := Event{Seq: 7, Time: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC), Experiment: experiment, Data: completed(d)}
			var in bytes.Buffer
			if err := encode(&in, e); err != nil {
				t.Fatal(err)
			}
			b := bytes.Clone(in.Bytes())
			event, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			want, err := json.Marshal(line{Sum: sum(event), Event: event})
			if err != nil || string(b) != string(want)+"\n" {
				t.Errorf("%s (%v), want %s", b, err, want)
			}
			l, cut := cutLine(bytes.TrimSuffix(b, []byte("\n")))
			_, taken := cutEnvelope(l.Event)
			if !cut || taken == strings.ContainsAny(experiment, `"<`) {
				t.Errorf("%s: taken apart: line %v, event %v", b, cut, taken)
			}
			got, err := parseLine(bytes.TrimSuffix(b, []byte("\n")))
			if err != nil {
				t.Fatal(err)
			}
			if err := encode(&in, got); err != nil || !bytes.Equal(in.Bytes(), b) {
				t.Errorf("%s was read as %s (%v)", b, in.Bytes(), err)
			}
		}
	}
}

func readEvents(r io.Reader, path string) (events []Event, whole int64, err error) {
	_, whole, err = walkEvents(r, path, func(e Event) error {
		events = append(events, e)
		return nil
	})
	return events, whole, err
}

// Whatever an event is, what was done to the file is found before it; only that it
// was moved, which loses nothing, is found with the first event that is neither hasty
// nor passing, or a second later.
func TestAJournalLooksForItself(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(path string) error
		late bool
	}{
		"deleted":  {do: os.Remove},
		"replaced": {do: func(path string) error { return errors.Join(os.Remove(path), os.WriteFile(path, nil, 0o644)) }},
		"cut":      {do: func(path string) error { return os.Truncate(path, 10) }},
		"moved":    {do: func(path string) error { return os.Rename(path, path+".old") }, late: true},
	} {
		t.Run(name, func(t *testing.T) {
			j, err := CreateJournal(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			defer j.Close()
			if _, err := j.Append(Event{Data: NoteEvent{"begins"}}); err != nil {
				t.Fatal(err)
			}
			j.synced = time.Now().Add(time.Hour) // however slow this machine is
			if err := c.do(j.Path()); err != nil {
				t.Fatal(err)
			}
			if _, err := j.Append(Event{Data: SampleEvent{}}); (err == nil) != c.late {
				t.Errorf("a sample: %v", err)
			}
			if _, err := j.Append(Event{Data: StepEvent{}}); (err == nil) != c.late {
				t.Errorf("a step: %v", err)
			}
			if _, err := j.Append(Event{Data: NoteEvent{}}); err == nil {
				t.Error("a note was written")
			}
		})
	}
}
