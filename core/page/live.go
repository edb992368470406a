package page

import (
	"fmt"
	"io"
)

// Where a server has what pages of sessions ask for.
const (
	ScriptPath = "/-/follow.js"
	NowPath    = "/-/now"   // of all sessions
	LivePath   = "/-/live/" // and the session's name: its page; "/now" behind that: what it does
)

// Live is a session that is being measured, or was a moment ago.
type Live struct {
	ID       string
	State    string      // one word, as "running"
	Sentence string      // which experiment and case it is at, or how it ended
	Next     string      // what to do about that; empty: nothing
	Warning  string      // empty: there is none
	Now      string      // which round and visit; empty: none
	Done     int         // of All
	All      int         // rounds up to the next look; 0: not known
	Heard    string      // when something was heard last
	Written  []Concluded // experiments that have a document
	Lines    []string    // what it said
	Left     string      // that lines before them are left out
}

// Concluded is an experiment whose document a session has written.
type Concluded struct {
	Experiment string
	Verdict    string
	Page       string // its address; empty: it has none in this folder
}

// live is the page of a session.
type live struct {
	Title string
	Row   *row // none: it is no document's page
	From  string
	Live  Live
}

func (live) follows() bool { return true }

// WriteLive writes the page of a session, which follows it by Script.
func WriteLive(w io.Writer, l Live) error {
	return send(w, "live", live{Title: fmt.Sprintf("%s: %s", l.ID, l.State), From: LivePath + l.ID + "/now", Live: l})
}

// WriteDoing writes what the page of a session replaces.
func WriteDoing(w io.Writer, l Live) error { return send(w, "session", l) }

// WriteSessions writes what an index replaces.
func WriteSessions(w io.Writer, all []Live) error { return send(w, "sessions", all) }
