package page

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assay-bench/assay/core/internal/fakeresult"
	"github.com/assay-bench/assay/core/record"
)

// place writes a document, older than any page that is written of it.
func place(t *testing.T, path string, o fakeresult.Options) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := record.WriteResult(path, made(t, o), nil); err != nil {
		t.Fatal(err)
	}
	age(t, path)
}

func age(t *testing.T, path string) {
	t.Helper()
	then := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path, then, then); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func reported(t *testing.T, dir, version string, pages, fresh, skipped int) *Written {
	t.Helper()
	out, err := Folder(dir, version, filepath.Base)
	if err != nil {
		t.Fatal(err)
	}
	if out.Pages != pages || out.New != fresh || len(out.Skipped) != skipped {
		t.Errorf("%d pages, %d new, left out %q; want %d, %d and %d of them", out.Pages, out.New, out.Skipped, pages, fresh, skipped)
	}
	return out
}

func TestFolder(t *testing.T) {
	dir := t.TempDir()
	old, late := filepath.Join(dir, "gate", "20260301T120000Z-000001.json"), filepath.Join(dir, "other.json")
	place(t, old, fakeresult.Options{Experiment: "gate", Session: "20260301T120000Z-000001"})
	place(t, late, fakeresult.Options{Experiment: "other", Session: "20260302T120000Z-000002", Variants: map[string]float64{"slow": 0.9}, Order: []string{"slow"},
		Change: func(r *record.Result) { r.Session.Started = r.Session.Started.Add(24 * time.Hour) }})
	for path, text := range map[string]string{
		"rows.json": "[]", "broken.json": `{"schema_version": 2, "cases": [`, "runs/s/x.json": `{"schema_version": 2}`, "note.html": "mine",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, path)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, path), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join("gate", filepath.Base(old)), filepath.Join(dir, "gate.json")); err != nil {
		t.Fatal(err)
	}

	out := reported(t, dir, "1", 2, 2, 1)
	index := read(t, out.Index)
	wellMade(t, index)
	if newer, older := strings.LastIndex(index, "other.html"), strings.LastIndex(index, "gate/20260301T120000Z-000001.html"); newer < 0 || older < newer {
		t.Error("the newer result does not stand first")
	}
	for _, want := range []string{"fail by guardrail no_decode_regression: ", "broken.json: it ends in the middle"} {
		if !strings.Contains(index, want) {
			t.Errorf("the index lacks %q", want)
		}
	}
	page := read(t, record.PageOf(old))
	wellMade(t, page)
	for _, want := range []string{`href="../index.html"`, "assay explain 20260301T120000Z-000001.json"} {
		if !strings.Contains(page, want) {
			t.Errorf("a page lacks %q", want)
		}
	}
	if got := read(t, filepath.Join(dir, "note.html")); got != "mine" {
		t.Errorf("a file of the user's is now %q", got)
	}

	reported(t, dir, "1", 2, 0, 1) // pages that are up to date
	if again := read(t, out.Index); again != index {
		t.Error("the index differs when it is made of pages")
	}
	reported(t, dir, "2", 2, 2, 1) // by another version
	place(t, late, fakeresult.Options{Experiment: "other", Session: "20260302T120000Z-000002"})
	reported(t, dir, "2", 2, 1, 1) // of a document of another size
}

func TestAFolderWithoutDocuments(t *testing.T) {
	dir := t.TempDir()
	if _, err := Folder(dir, "1", filepath.Base); err == nil || !strings.Contains(err.Error(), "holds no result document") {
		t.Errorf("error %v", err)
	}
	if _, err := Folder(filepath.Join(dir, "missing"), "1", filepath.Base); err == nil {
		t.Error("no error for a folder that is not there")
	}
}

// A page replaces no file of others, and is written nowhere else by a link.
func TestWhatIsNotReplaced(t *testing.T) {
	dir, elsewhere := t.TempDir(), filepath.Join(t.TempDir(), "victim")
	document := filepath.Join(dir, "a.json")
	place(t, document, fakeresult.Options{})
	if err := os.WriteFile(record.PageOf(document), []byte("<html>mine</html>"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Beside(document, ""); err == nil || !strings.Contains(err.Error(), "was not written by assay report") {
		t.Errorf("error %v", err)
	}
	if err := os.Remove(record.PageOf(document)); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, record.PageOf(document)); err != nil {
		t.Fatal(err)
	}
	if _, err := Beside(document, ""); err == nil || !strings.Contains(err.Error(), "leads by a link") {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(elsewhere); err == nil {
		t.Error("a file was written where the link leads")
	}
}

// A long index has several pages, and loses those that it does not need any more.
func TestALongIndex(t *testing.T) {
	dir := t.TempDir()
	rows := make([]row, 2*perPage+10)
	for i := range rows {
		rows[i] = row{Page: fmt.Sprintf("%d.html", i), Experiment: fmt.Sprintf("e%d", i%3), Verdict: "pass", Sentence: "pass: 1 judgement"}
	}
	first, err := writeIndex(dir, rows, nil)
	if err != nil {
		t.Fatal(err)
	}
	text := read(t, first)
	wellMade(t, text)
	for _, want := range []string{"Page 1 of 3", `href="index-2.html" rel="next"`} {
		if !strings.Contains(text, want) {
			t.Errorf("the first page lacks %q", want)
		}
	}
	if last := read(t, filepath.Join(dir, "index-3.html")); !strings.Contains(last, `href="509.html"`) || !strings.Contains(last, `href="index-2.html" rel="prev"`) {
		t.Error("the last page lacks its rows, or the way back")
	}
	if _, err := writeIndex(dir, rows[:5], nil); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "index*"))
	if err != nil || len(left) != 1 {
		t.Errorf("%v are left, error %v", left, err)
	}
}

// A page of many cases has charts of some, of those that do not pass first.
func TestManyCases(t *testing.T) {
	r := made(t, fakeresult.Options{})
	for len(r.Cases) < charted+80 {
		c := r.Cases[0]
		n := len(r.Cases)
		c.ID = fmt.Sprintf("n=%d", n)
		c.Matrix = map[string]json.RawMessage{"a": json.RawMessage(fmt.Sprint(n % 2)), "n": json.RawMessage(fmt.Sprint(n / 2)), "text": json.RawMessage(`"x"`)}
		c.Rounds = c.Rounds[:1]
		r.Cases = append(r.Cases, c)
	}
	bad := &r.Cases[charted+20]
	bad.ID, bad.Judgements = "bad", slices.Clone(bad.Judgements)
	bad.Judgements[0].Verdict = "fail"
	page := write(t, r)
	wellMade(t, page)
	if got := strings.Count(page, "Forest plot"); got != charted {
		t.Errorf("charts of %d cases, want %d", got, charted)
	}
	if got := strings.Count(page, "No charts: of 140 cases 60 have some"); got != 80 {
		t.Errorf("%d cases say that they have none, want 80", got)
	}
	for _, want := range []string{"Forest plot of speeds in decode in case bad", "Speed in decode over a, n=3,text=x", "60 of 71 sweeps are shown"} {
		if !strings.Contains(page, want) {
			t.Errorf("it lacks %q", want)
		}
	}
}
