// Package fakeassay stands in for assay in tests: it measures nothing, and keeps a
// journal and writes documents as assay does, by rounds that take as long as a test
// wants. An experiment's name says how it goes: see [Main].
//
// Imported by tests only.
package fakeassay

import (
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/assay-bench/assay/core/internal/fakeresult"
	"github.com/assay-bench/assay/core/record"
)

// Env asks a test's binary to be assay; its value is how long a round takes.
const Env = "FAKE_ASSAY"

// Refuse is the environment's name for what `assay init` is to complain of.
const Refuse = "FAKE_ASSAY_INIT"

// If ends the process as assay, where Env asks for it. TestMain begins with it.
func If() {
	if os.Getenv(Env) != "" {
		os.Exit(Main(os.Args[1:]))
	}
}

// Main is assay's: init, run and resume. An experiment whose name begins with "slow" has
// rounds that take time; "torn" is cut off with a status as if nothing had happened;
// "wrong" is refused as a configuration; "changed" cannot be resumed; "big" has a
// document of 5 MiB that no packing makes small.
func Main(args []string) int {
	switch args[0] {
	case "init":
		if why := os.Getenv(Refuse); why != "" {
			fmt.Fprintln(os.Stderr, "assay:", why)
			return 2
		}
		return 0
	case "run":
		var only []string
		for i, a := range args {
			if a == "--only" {
				only = append(only, args[i+1])
			}
		}
		if strings.HasPrefix(only[0], "wrong") {
			fmt.Fprintln(os.Stderr, "Error: Unknown variable")
			return 2
		}
		id := time.Now().UTC().Format("20060102T150405.000000Z")
		j, err := record.CreateJournal(filepath.Join("results", "runs", id))
		if err != nil {
			return broken(err)
		}
		s := &session{journal: j, id: id, only: only, done: map[string]int{}}
		if err := s.tell("", record.SessionEvent{Session: record.Session{ID: id, Source: record.Source{Only: only, Folder: "."}}}); err != nil {
			return broken(err)
		}
		return s.measure()
	case "resume":
		return resume(filepath.Join("results", "runs", args[1], "journal.jsonl"))
	}
	return 2
}

func broken(err error) int {
	fmt.Fprintln(os.Stderr, "assay:", err)
	return 5
}

type session struct {
	journal *record.Journal
	id      string
	only    []string
	done    map[string]int // rounds
	written map[string]bool
}

func resume(path string) int {
	s := &session{done: map[string]int{}, written: map[string]bool{}}
	j, err := record.OpenJournal(path, func(e record.Event) error {
		switch d := e.Data.(type) {
		case record.SessionEvent:
			s.id, s.only = d.ID, d.Source.Only
		case record.RoundEndEvent:
			s.done[e.Experiment]++
		case record.ResultEvent:
			s.written[e.Experiment] = true
		}
		return nil
	})
	if err != nil {
		return broken(err)
	}
	s.journal = j
	if strings.HasPrefix(s.only[0], "changed") {
		fmt.Fprintln(os.Stderr, "assay: session cannot go on, because rounds of different set-ups must not be joined")
		return 2
	}
	if err := s.tell("", record.ResumedEvent{}); err != nil {
		return broken(err)
	}
	return s.measure()
}

func (s *session) tell(experiment string, d record.Data) error {
	_, err := s.journal.Append(record.Event{Time: time.Now().UTC(), Experiment: experiment, Data: d})
	return err
}

func (s *session) measure() int {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	each, err := time.ParseDuration(os.Getenv(Env))
	if err != nil {
		return broken(err)
	}
	var end record.SessionEndEvent
	for _, name := range s.only {
		if s.written[name] {
			continue
		}
		r, err := fakeresult.New(fakeresult.Options{Experiment: name, Session: s.id})
		if err != nil {
			return broken(err)
		}
		rounds := len(r.Cases[0].Rounds)
		for n := s.done[name] + 1; n <= rounds; n++ {
			if strings.HasPrefix(name, "slow") || strings.HasPrefix(name, "changed") {
				select {
				case <-stop:
					end.Results = append(end.Results, record.ResultSketch{Experiment: name, Status: record.Partial})
					if err := s.tell("", end); err != nil {
						return broken(err)
					}
					return 143
				case <-time.After(each):
				}
			}
			if err := s.tell(name, record.RoundEndEvent{Case: "default", Round: n, Ended: time.Now().UTC(), Counted: true}); err != nil {
				return broken(err)
			}
			fmt.Fprintf(os.Stderr, "%s: round %d of %d\n", name, n, rounds)
		}
		if strings.HasPrefix(name, "torn") {
			return 0
		}
		if err := s.write(name, r); err != nil {
			return broken(err)
		}
		end.Results = append(end.Results, record.ResultSketch{Experiment: name, Status: r.Status, Verdict: r.Verdict})
	}
	if err := s.tell("", end); err != nil {
		return broken(err)
	}
	return 0
}

func (s *session) write(name string, r *record.Result) error {
	if strings.HasPrefix(name, "big") {
		r.Experiment.Source = noise(5 << 20)
	}
	path := filepath.Join("results", name+".json")
	if err := record.WriteResult(path, r, nil); err != nil {
		return err
	}
	return s.tell(name, record.ResultEvent{Path: path, Status: r.Status, Verdict: r.Verdict})
}

// noise is text that no packing makes much smaller.
func noise(n int) string {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-"
	b, x := make([]byte, n), uint64(1)
	for i := range b {
		x = x*6364136223846793005 + 1442695040888963407
		b[i] = letters[x>>58]
	}
	return string(b)
}
