package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/assay-bench/assay/core/internal/acks"
	"github.com/assay-bench/assay/core/internal/hostile"
	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
)

// audit holds what the trial left against what its plugin knows.
func (t *trial) audit() {
	acked, err := acks.Read(t.path("acks"))
	if err != nil {
		t.bad("other", "%v", err)
	}
	journal, documents := t.journaled(), t.documented()
	for line, n := range acked {
		n = max(0, n-t.destroyed[line])
		t.acked += n
		found := 0
		for id := range ids(journal, documents) {
			found += max(journal[id][line], documents[id][line])
		}
		t.found += min(n, found)
		switch {
		case found < n:
			t.bad("samples", "acknowledged %d times, found %d times: %s", n, found, line)
		case found > max(n, 1) && t.mode.Effect != hostile.Doubted: // a liar's samples are alike
			t.bad("samples", "acknowledged %d times, found %d times: %s", n, found, line)
		}
	}
	for id, lines := range journal {
		if t.rebuilt && documents[id] == nil {
			t.bad("documents", "session %s has a whole journal, and recover made no document of it", id)
		}
		for line, n := range lines {
			if documents[id] != nil && documents[id][line] < n {
				t.bad("samples", "session %s: in its journal %d times, in its document %d times: %s", id, n, documents[id][line], line)
			}
		}
	}
	t.statuses()
	t.named()
	for _, h := range t.hosts {
		t.text(h)
	}
}

func (t *trial) journals() []string {
	found, _ := filepath.Glob(t.path("results", "runs", "*", "journal.jsonl"))
	return found
}

// kept counts samples, by session.
type kept map[string]map[string]int

// ids are the sessions of either.
func ids(a, b kept) map[string]bool {
	out := map[string]bool{}
	for _, k := range []kept{a, b} {
		for id := range k {
			out[id] = true
		}
	}
	return out
}

// journaled counts the samples of all journals.
func (t *trial) journaled() kept {
	out := kept{}
	for _, path := range t.journals() {
		if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
			continue
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.bad("other", "%v", err)
		}
		out[filepath.Base(filepath.Dir(path))] = samplesIn(b)
	}
	return out
}

// documents lists one document for each session that has any: what was recovered
// is as much as what the session wrote itself.
func (t *trial) documents() []string {
	of := map[string]string{}
	for _, pattern := range []string{"results/x/*.json", "results/runs/*/*.json", "results/*.json"} {
		found, _ := filepath.Glob(t.path(pattern))
		for _, path := range found {
			id := path
			if b, err := os.ReadFile(path); err == nil && string(b) == spoiled {
				continue
			}
			if r, err := record.ReadResult(path); err == nil {
				id = r.Session.ID
			}
			of[id] = path
		}
	}
	out := make([]string, 0, len(of))
	for _, path := range of {
		out = append(out, path)
	}
	slices.Sort(out)
	return out
}

// documented counts the samples of all documents, and holds these against their
// schema and the arms.
func (t *trial) documented() kept {
	out := kept{}
	for _, path := range t.documents() {
		if err := valid(path); err != nil {
			t.bad("documents", "%s: %v", path, err)
		}
		r, err := record.ReadResult(path)
		if err != nil {
			t.bad("documents", "%v", err)
			continue
		}
		t.verdicts(r)
		lines := map[string]int{}
		out[r.Session.ID] = lines
		for _, c := range r.Cases {
			for _, d := range c.Rounds {
				for _, v := range d.Visits {
					for i := range v.Samples.Len() {
						lines[acks.Of(v.Phase, v.Samples.At(i))]++
					}
				}
			}
		}
	}
	return out
}

// verdicts: the arm that equals the baseline never fails, and the slower one never
// passes.
func (t *trial) verdicts(r *record.Result) {
	for _, c := range r.Cases {
		for _, j := range c.Judgements {
			wrong := map[string]judge.Verdict{"same": judge.Fail, "slow": judge.Pass}[j.Variant]
			if wrong != "" && j.Verdict == wrong {
				t.bad("verdicts", "%s: %s of %q: %s", r.Session.ID, j.Verdict, j.Variant, j.Reason)
			}
		}
	}
}

func valid(path string) error {
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(record.Schema))
	if err != nil {
		return err
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("result.json", schema); err != nil {
		return err
	}
	compiled, err := c.Compile("result.json")
	if err != nil {
		return err
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		return err
	}
	return compiled.Validate(doc)
}

// unfinished says that a session wrote no document of a complete experiment.
func (t *trial) unfinished() bool {
	for _, path := range t.documents() {
		if r, err := record.ReadResult(path); err == nil && r.Status == record.Complete {
			return false
		}
	}
	return len(t.journals()) > 0
}

// verdictStatus is what README's table says of the document; nil: the document
// does not tell.
func (t *trial) verdictStatus() []int {
	r, err := record.ReadResult(t.path("results", "x.json"))
	switch {
	case err != nil, r.Status == record.Partial && !r.OutOfBudget():
		return nil
	case r.Verdict == "fail":
		return []int{1}
	case r.Status == record.Crashed, r.Status == record.Hung:
		return []int{4}
	case r.OutOfBudget(), r.Verdict == "inconclusive", r.Verdict == "invalid":
		return []int{3}
	case r.Status == record.Complete && r.Verdict == "pass":
		return []int{0}
	}
	return nil
}

// statuses holds the disturbed session's.
func (t *trial) statuses() {
	if t.anyStatus {
		return
	}
	want := slices.Clone(t.status)
	if !t.only {
		want = append(want, t.first...)
	}
	t.hold(t.hosts[0], want)
}

// hold compares a status with those that are right.
func (t *trial) hold(h *host, want []int) {
	if !slices.Contains(want, h.status) {
		t.bad("status", "%s: status %d, want one of %v\n%s", h.line, h.status, want, tail(h.printed()))
	}
}

func tail(s string) string {
	const most = 600
	return fmt.Sprintf("%.*q", 2*most, s[max(0, len(s)-most):])
}

// ownCrash is a stack of the host; those of plugins are indented.
var ownCrash = regexp.MustCompile(`(?m)^goroutine \d+ `)

// starvation is how a runtime ends that gets no memory, or no thread, from the system.
var starvation = regexp.MustCompile(`(?m)^(fatal error|runtime|(fake|runtime/)cgo): .*(memory|thread)`)

// starved says that a limit of the system killed the host.
func (t *trial) starved(h *host) bool {
	return t.kind == "limits" && starvation.MatchString(h.printed())
}

// text: nothing that was printed makes a terminal do anything, and no host died of
// a defect of its own.
func (t *trial) text(h *host) {
	printed := h.printed()
	for _, r := range printed {
		if unicode.IsControl(r) && !strings.ContainsRune("\n\t", r) || unicode.Is(unicode.Bidi_Control, r) {
			t.bad("text", "%s printed %q: %s", h.line, r, tail(printed[max(0, strings.IndexRune(printed, r)-100):]))
			break
		}
	}
	if crashed := ownCrash.MatchString(printed) || h.status == 70; crashed && !t.starved(h) {
		t.bad("other", "%s: the host crashed: %s", h.line, tail(printed))
	}
}

// left lists what lies about: in the folder for temporary files, beside results,
// and in the lock.
func (t *trial) left() (out []string) {
	tmp := cmp.Or(t.tmp, t.path("tmp"))
	entries, _ := os.ReadDir(tmp)
	for _, e := range entries {
		out = append(out, filepath.Join(tmp, e.Name()))
	}
	_ = filepath.WalkDir(t.path("results"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !slices.Contains([]string{".json", ".jsonl"}, filepath.Ext(path)) {
			out = append(out, path)
		}
		return nil
	})
	if b, err := os.ReadFile(t.path("lock")); err == nil && len(b) > 0 {
		out = append(out, t.path("lock"))
	}
	return out
}
