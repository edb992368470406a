package record

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A follower hears each event of its kinds once, when its line has ended, whatever
// stands between them.
func TestFollow(t *testing.T) {
	j, err := CreateJournal(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	add := func(data ...Data) {
		t.Helper()
		for _, d := range data {
			if _, err := j.Append(Event{Time: time.Unix(1, 0), Experiment: "e", Data: d}); err != nil {
				t.Fatal(err)
			}
		}
	}
	f := Follow(j.Path(), NoteEvent{}, StepEvent{})
	more := func(want ...string) {
		t.Helper()
		var got []string
		err := f.More(func(e Event) {
			switch d := e.Data.(type) {
			case NoteEvent:
				got = append(got, d.Text)
			case StepEvent:
				got = append(got, d.Stage)
			default:
				t.Errorf("it hears of %s", e.Kind())
			}
		})
		if err != nil || strings.Join(got, ",") != strings.Join(want, ",") {
			t.Errorf("heard %q, error %v; want %q", got, err, want)
		}
	}
	more()
	add(NoteEvent{"one"}, SampleEvent{Case: `"kind":"note"`}, StepEvent{Stage: "visit"})
	more("one", "visit")
	more()
	add(SampleEvent{}, IntentEvent{What: "x"})
	more()
	add(NoteEvent{strings.Repeat("long ", 1<<18)})
	more(strings.Repeat("long ", 1<<18))

	// Lines that were cut, or changed, or begun.
	raw, err := os.OpenFile(j.Path(), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	write := func(text string) {
		t.Helper()
		if _, err := raw.WriteString(text); err != nil {
			t.Fatal(err)
		}
	}
	write("not a line\n" + `{"sum":"00000000","event":{"seq":9,"time":"2026-03-01T12:00:00Z","kind":"note","data":{"text":"changed"}}}` + "\n")
	more()
	if f.Damaged != 2 {
		t.Errorf("%d damaged lines, want 2", f.Damaged)
	}
	other, err := CreateJournal(filepath.Join(t.TempDir(), "other"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Append(Event{Time: time.Unix(1, 0), Data: NoteEvent{"in two"}}); err != nil {
		t.Fatal(err)
	}
	line, err := os.ReadFile(other.Path())
	if err != nil {
		t.Fatal(err)
	}
	write(string(line[:20]))
	more()
	write(string(line[20:]))
	more("in two")
	if f.Damaged != 2 {
		t.Errorf("%d damaged lines, want 2", f.Damaged)
	}

	// A journal that is cut, replaced or gone.
	if err := os.Truncate(j.Path(), 5); err != nil {
		t.Fatal(err)
	}
	if err := f.More(func(Event) { t.Error("it hears of something") }); !errors.Is(err, ErrReplaced) {
		t.Errorf("of a journal that was cut: %v", err)
	}
	if err := os.Rename(other.Path(), j.Path()); err != nil {
		t.Fatal(err)
	}
	if err := f.More(func(Event) { t.Error("it hears of something") }); !errors.Is(err, ErrReplaced) {
		t.Errorf("of another journal: %v", err)
	}
	if err := os.Remove(j.Path()); err != nil {
		t.Fatal(err)
	}
	if err := f.More(nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of a journal that is gone: %v", err)
	}
}
