package worker

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/assay-bench/assay/core/fleet/internal/job"
	"github.com/assay-bench/assay/core/record"
)

// written is what a journal says of a session.
type written struct {
	session string
	resumed int
	rounds  map[string]int // that count, by experiment
	results map[string]record.ResultEvent
	ended   bool
}

func readSession(journal string) (written, error) {
	w := written{rounds: map[string]int{}, results: map[string]record.ResultEvent{}}
	torn, err := record.WalkJournal(journal, func(e record.Event) error {
		w.ended = false
		switch d := e.Data.(type) {
		case record.SessionEvent:
			w.session = d.ID
		case record.ResumedEvent:
			w.resumed++
		case record.RoundEndEvent:
			if d.Counted {
				w.rounds[e.Experiment]++
			}
		case record.ResultEvent:
			w.results[e.Experiment] = d
		case record.SessionEndEvent:
			w.ended = true
		}
		return nil
	})
	w.ended = w.ended && !torn
	return w, err
}

// outcome takes the documents of a session that has ended, if each is what the journal
// says: a run that was cut off has none, or not all.
func (a *attempt) outcome(ctx context.Context, exit int) (job.Outcome, error) {
	journal, err := a.latest()
	if err != nil {
		return job.Outcome{}, err
	}
	unusable := func(format string, args ...any) (job.Outcome, error) {
		return job.Outcome{}, refuse(job.Unusable, "worker %s on %s: "+format, append([]any{a.Worker.Name, a.machine.Host}, args...)...)
	}
	if journal == "" {
		return unusable("assay ended with status %d and left no session: %s", exit, a.tail.said())
	}
	said, err := readSession(journal)
	switch {
	case err != nil:
		return unusable("%w", err)
	case !said.ended:
		return unusable("assay ended with status %d, and journal %s has no end", exit, journal)
	}
	out := job.Outcome{Machine: a.machine, Attempt: a.number, Session: said.session, Resumed: said.resumed, Abandoned: a.abandoned, Log: a.tail.text()}
	if err := os.RemoveAll(filepath.Join(a.folder, "documents")); err != nil {
		return unusable("%w", err)
	}
	for _, name := range a.Experiments {
		r, err := a.document(name, &said)
		if err != nil {
			return unusable("experiment %s: %w", name, err)
		}
		out.Results = append(out.Results, r)
	}
	packed, err := job.Pack(a.folder, []string{"documents"})
	if err != nil {
		return unusable("%w", err)
	}
	out.Documents, err = job.Keep(ctx, a.Store, packed)
	var large *job.LargeError
	if errors.As(err, &large) {
		return job.Outcome{}, refuse(job.TooLarge, "worker %s on %s: the documents, which lie in %s, do not travel: %w", a.Worker.Name, a.machine.Host, filepath.Join(a.folder, "documents"), err)
	}
	return out, err
}

// document checks one, and puts it beside the others that travel.
func (a *attempt) document(name string, said *written) (job.Result, error) {
	wrote, ok := said.results[name]
	if !ok {
		return job.Result{}, errors.New("the session wrote no document of it")
	}
	path := wrote.Path
	if !filepath.IsAbs(path) {
		path = filepath.Join(a.suite, path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return job.Result{}, err
	}
	r, err := record.ReadSketch(path)
	if err != nil {
		return job.Result{}, err
	}
	sum := sha256.Sum256(b)
	out := job.Result{Experiment: name, Status: string(r.Status), Verdict: r.Verdict, Rounds: counted(r), Journaled: said.rounds[name], SHA256: hex.EncodeToString(sum[:])}
	switch {
	case r.Session.ID != said.session:
		return out, fmt.Errorf("document %s is of session %s, and the journal of %s", path, r.Session.ID, said.session)
	case r.Status != wrote.Status || r.Verdict != wrote.Verdict:
		return out, fmt.Errorf("document %s says %s and %s, and the journal %s and %s", path, r.Status, r.Verdict, wrote.Status, wrote.Verdict)
	case !bytes.HasSuffix(bytes.TrimSpace(b), []byte("}")):
		return out, fmt.Errorf("document %s has no end", path)
	}
	return out, record.WriteFile(filepath.Join(a.folder, "documents", name+".json"), b)
}

func counted(r *record.Result) (n int) {
	for i := range r.Cases {
		for k := range r.Cases[i].Rounds {
			if r.Cases[i].Rounds[k].Counted {
				n++
			}
		}
		for k := range r.Cases[i].Races {
			for x := range r.Cases[i].Races[k].Rounds {
				if r.Cases[i].Races[k].Rounds[x].Counted {
					n++
				}
			}
		}
	}
	return n
}
