package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"iter"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/assay-bench/assay/core/internal/acks"
	"github.com/assay-bench/assay/core/record"
)

// journalFaults change the journal of a session that was killed. What they destroy
// cannot be found again; everything else must be.
func journalFaults() []fault {
	changed := func(name string, resume bool, change func(*trial, []byte) []byte) fault {
		return fault{
			kind: "journal", name: name, bound: time.Second, status: []int{128 + int(syscall.SIGKILL)}, resume: resume, damaged: true,
			during: func(t *trial, h *host) { t.moment(h); h.kill() },
			after: func(t *trial) {
				for _, path := range t.journals() {
					b, err := os.ReadFile(path)
					if err != nil {
						continue
					}
					after := change(t, bytes.Clone(b))
					t.destroy(b, after)
					if err := os.WriteFile(path, after, 0o644); err != nil {
						t.bad("other", "%v", err)
					}
				}
			},
		}
	}
	at := func(t *trial, n int) int { return t.rng.IntN(max(n, 1)) }
	out := []fault{
		changed("torn", true, func(t *trial, b []byte) []byte {
			last := bytes.LastIndexByte(bytes.TrimSuffix(b, []byte("\n")), '\n') + 1
			return b[:last+at(t, len(b)-last)]
		}),
		changed("truncated", false, func(t *trial, b []byte) []byte { return b[:at(t, len(b))] }),
		changed("flipped", false, func(t *trial, b []byte) []byte {
			if len(b) > 0 {
				b[at(t, len(b))] ^= 1 << t.rng.IntN(8)
			}
			return b
		}),
		changed("line-lost", false, func(t *trial, b []byte) []byte {
			lines := bytes.SplitAfter(b, []byte("\n"))
			k := at(t, len(lines))
			return bytes.Join(append(lines[:k:k], lines[min(k+1, len(lines)):]...), nil)
		}),
		changed("line-twice", false, func(t *trial, b []byte) []byte {
			lines := bytes.SplitAfter(b, []byte("\n"))
			k := at(t, len(lines))
			return bytes.Join(append(append(lines[:k:k], lines[k]), lines[k:]...), nil)
		}),
		changed("zeros", false, func(t *trial, b []byte) []byte {
			from := at(t, len(b))
			for i := from; i < min(len(b), from+4096); i++ {
				b[i] = 0
			}
			return b
		}),
		changed("zeros-appended", true, func(_ *trial, b []byte) []byte { return append(b, make([]byte, 4096)...) }),
		changed("garbage", false, func(t *trial, b []byte) []byte {
			k := at(t, len(b))
			return append(append(b[:k:k], "\n\x1b[2J{\"sum\":\"00\",\"event\":{}}\n"...), b[k:]...)
		}),
		changed("empty", false, func(*trial, []byte) []byte { return nil }),
	}
	return append(out, replaced("fifo", func(path string) error { return syscall.Mkfifo(path, 0o644) }),
		replaced("folder", func(path string) error { return os.Mkdir(path, 0o755) }),
		replaced("missing", func(string) error { return nil }),
		documentsGone("document-deleted", os.Remove),
		documentsGone("document-overwritten", func(path string) error { return os.WriteFile(path, []byte(spoiled), 0o644) }))
}

// replaced puts something else in the place of the journal: a command that reads
// it must end.
func replaced(name string, by func(path string) error) fault {
	return fault{
		kind: "journal", name: name, bound: time.Second, status: []int{128 + int(syscall.SIGKILL)}, lossy: true,
		during: func(t *trial, h *host) { t.moment(h); h.kill() },
		after: func(t *trial) {
			for _, path := range t.journals() {
				b, err := os.ReadFile(path)
				if err != nil {
					continue
				}
				t.destroy(b, nil)
				if err := os.Remove(path); err != nil {
					t.bad("other", "%v", err)
				}
				if err := by(path); err != nil {
					t.bad("other", "%v", err)
				}
			}
		},
	}
}

// spoiled stands where a document was.
const spoiled = "{}"

// documentsGone spoils the documents of a session that has its whole journal.
func documentsGone(name string, spoil func(path string) error) fault {
	return fault{kind: "journal", name: name, bound: complete, rebuilt: true, after: func(t *trial) {
		for _, pattern := range []string{"results/*.json", "results/x/*.json"} {
			found, _ := filepath.Glob(t.path(pattern))
			for _, path := range found {
				if err := spoil(path); err != nil {
					t.bad("other", "%v", err)
				}
			}
		}
	}}
}

// destroy remembers the samples that were in a journal and are not any more.
func (t *trial) destroy(before, after []byte) {
	left := samplesIn(after)
	for line, n := range samplesIn(before) {
		if n > left[line] {
			t.destroyed[line] += n - left[line]
		}
	}
}

// samplesIn counts the samples in those lines of a journal that are whole.
func samplesIn(journal []byte) map[string]int {
	out := map[string]int{}
	for e := range whole(journal) {
		if s, ok := e.Data.(record.SampleEvent); ok {
			out[acks.Of(s.Phase, s.Sample)]++
		}
	}
	return out
}

// begins says that a journal still has its first line.
func begins(path string) bool {
	b, _ := os.ReadFile(path)
	for e := range whole(b) {
		return e.Kind() == record.KindOf(record.SessionEvent{})
	}
	return false
}

// recoverable says that a journal still has its beginning and two whole rounds, of
// which a document can be made.
func recoverable(path string) bool {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return false
	}
	b, err := os.ReadFile(path)
	has := map[string]int{}
	for e := range whole(b) {
		if r, ok := e.Data.(record.RoundEndEvent); !ok || r.Counted {
			has[e.Kind()]++
		}
	}
	begins := true
	for _, d := range []record.Data{record.SessionEvent{}, record.ExperimentEvent{}, record.CaseEvent{}} {
		begins = begins && has[record.KindOf(d)] == 1
	}
	return err == nil && begins && has[record.KindOf(record.RoundEndEvent{})] >= 2
}

// whole are the events of those lines that are as they were written.
func whole(journal []byte) iter.Seq[record.Event] {
	table := crc32.MakeTable(crc32.Castagnoli)
	seen := map[uint64]bool{}
	return func(yield func(record.Event) bool) {
		for raw := range bytes.Lines(journal) {
			var l struct {
				Sum   string
				Event json.RawMessage
			}
			var e record.Event
			if json.Unmarshal(raw, &l) != nil || l.Sum != fmt.Sprintf("%08x", crc32.Checksum(l.Event, table)) || json.Unmarshal(l.Event, &e) != nil {
				continue
			}
			if seen[e.Seq] {
				continue // the same line once more
			}
			seen[e.Seq] = true
			if !yield(e) {
				return
			}
		}
	}
}
