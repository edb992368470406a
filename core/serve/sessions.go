package serve

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/assay-bench/assay/core/page"
	"github.com/assay-bench/assay/core/record"
)

// pause is how seldom journals are looked at, however many pages ask.
const pause = 900 * time.Millisecond

// latest is how many of the newest sessions of a folder are looked at.
const latest = 32

// sessionName is what a folder of a session may be called.
var sessionName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// sessions are those whose journals lie in a folder of results.
type sessions struct {
	folder   string
	goOn     func(folder string) string
	document func(path string) string
	clock    func() time.Time

	mu    sync.Mutex
	asked time.Time
	known map[string]*session // by name
	runs  map[string]time.Time
}

// runsFolders are where sessions keep their journals: runs in the folder, or in one
// that lies in it.
func (x *sessions) runsFolders() []string {
	out := []string{filepath.Join(x.folder, "runs")}
	entries, err := os.ReadDir(x.folder)
	if err != nil {
		return out
	}
	for _, e := range entries {
		if e.IsDir() {
			out = append(out, filepath.Join(x.folder, e.Name(), "runs"))
		}
	}
	return out
}

// list finds sessions that are new. A folder that has not changed is not read again.
func (x *sessions) list() {
	for _, runs := range x.runsFolders() {
		info, err := os.Stat(runs)
		if err != nil || info.ModTime().Equal(x.runs[runs]) {
			continue
		}
		entries, err := os.ReadDir(runs)
		if err != nil {
			continue
		}
		x.runs[runs] = info.ModTime()
		for _, e := range entries[max(0, len(entries)-latest):] { // names sort by time
			if x.known[e.Name()] == nil && e.IsDir() && sessionName.MatchString(e.Name()) {
				x.known[e.Name()] = newSession(filepath.Join(runs, e.Name()), x.document)
			}
		}
	}
}

// look looks at all journals, unless that was done a moment ago.
func (x *sessions) look() {
	now := x.clock()
	if !x.asked.IsZero() && now.Sub(x.asked) < pause {
		return
	}
	x.asked = now
	x.list()
	for _, s := range x.known {
		s.look()
		s.read()
	}
}

// newest sorts by name, the newest session first.
func (x *sessions) newest() (out []*session) {
	for _, s := range x.known {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b *session) int { return strings.Compare(b.id(), a.id()) })
	return out
}

// now are the sessions that run, those that ended since they were first seen running,
// and those after the last that ended as it should, which can be gone on with.
func (x *sessions) now() []page.Live {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.look()
	out := []page.Live{}
	done := false
	for _, s := range x.newest() {
		if errors.Is(s.trouble, fs.ErrNotExist) && !s.ran {
			continue // no session's folder
		}
		if s.ran || !done && (!s.known || s.ending != record.Ended) {
			out = append(out, s.live(x.goOn))
		}
		done = done || s.known && s.ending == record.Ended
	}
	return out
}

// one is the session of a name; nil: there is none.
func (x *sessions) one(name string) *page.Live {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.look()
	s := x.known[name]
	if s == nil {
		s = x.older(name)
	}
	if s == nil {
		return nil
	}
	s.asked = true // it may have ended before
	s.read()
	l := s.live(x.goOn)
	return &l
}

// older finds a session that is not among the latest.
func (x *sessions) older(name string) *session {
	if !sessionName.MatchString(name) {
		return nil
	}
	for _, runs := range x.runsFolders() {
		s := newSession(filepath.Join(runs, name), x.document)
		if _, err := os.Stat(s.journal()); err == nil {
			s.look()
			x.known[name] = s
			return s
		}
	}
	return nil
}
