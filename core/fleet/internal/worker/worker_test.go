package worker

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/assay-bench/assay/core/fleet/internal/fakeassay"
	"github.com/assay-bench/assay/core/fleet/internal/job"
	"github.com/assay-bench/assay/core/record"
)

func TestMain(m *testing.M) {
	fakeassay.If()
	os.Exit(m.Run())
}

// machine is a worker on a machine of its own, whose assay is the fake one.
func open(t *testing.T, change func(*Options)) *Worker {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Name: "here", Class: "c", State: t.TempDir(), Assay: self, Unpinned: true, Log: io.Discard, Environ: append(os.Environ(), fakeassay.Env+"=20ms")}
	if change != nil {
		change(&o)
	}
	w, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return w
}

// suiteOf is a job about experiments of a suite that holds one file, and a lock file if
// it has text.
func suiteOf(t *testing.T, lock string, names ...string) job.Job {
	t.Helper()
	root := t.TempDir()
	files := map[string]string{"suite/a.hcl": "# not read by the fake assay\n"}
	if lock != "" {
		files["suite/"+lockName] = lock
	}
	for name, text := range files {
		if err := record.WriteFile(filepath.Join(root, name), []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	packed, err := job.Pack(root, []string{"suite"})
	if err != nil {
		t.Fatal(err)
	}
	blob, err := job.Keep(context.Background(), nil, packed)
	if err != nil {
		t.Fatal(err)
	}
	return job.Job{Run: "20261128T000000Z-aaaaaa", Class: "c", Name: names[0], Experiments: names, Suite: blob, Paths: []string{"suite"}, Dir: "suite"}
}

func measure(w *Worker, j job.Job, before *job.Progress) (job.Outcome, error) {
	var s testsuite.WorkflowTestSuite
	s.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := s.NewTestActivityEnvironment()
	env.SetTestTimeout(time.Minute)
	if before != nil {
		env.SetHeartbeatDetails(*before)
	}
	env.RegisterActivityWithOptions(w.Measure, activity.RegisterOptions{Name: job.ActivityName})
	v, err := env.ExecuteActivity(w.Measure, j)
	if err != nil {
		return job.Outcome{}, err
	}
	var out job.Outcome
	err = v.Get(&out)
	return out, err
}

func documents(t *testing.T, o job.Outcome, s job.Store) map[string][]byte {
	t.Helper()
	packed, err := o.Documents.Bytes(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	files, err := job.Contents(packed)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// A job's documents are those of one session, each as the journal says it.
func TestMeasure(t *testing.T) {
	w := open(t, nil)
	out, err := measure(w, suiteOf(t, "", "a", "b"), nil)
	if err != nil {
		t.Fatal(err)
	}
	files := documents(t, out, nil)
	if len(files) != 2 || files["documents/a.json"] == nil || files["documents/b.json"] == nil {
		t.Errorf("%d documents", len(files))
	}
	for _, r := range out.Results {
		if r.Verdict != "pass" || r.Rounds == 0 || r.Rounds != r.Journaled {
			t.Errorf("%+v", r)
		}
	}
	if m := out.Machine; m.Worker != "here" || m.Print == "" || m.Assay == "" || out.Session == "" {
		t.Errorf("who measured: %+v", m)
	}
	// Its outcome did not arrive: the documents are delivered again, not measured again.
	again, err := measure(w, suiteOf(t, "", "a", "b"), nil)
	if err != nil || again.Session != out.Session || again.Documents.SHA256 != out.Documents.SHA256 {
		t.Errorf("again: session %s after %s, %v", again.Session, out.Session, err)
	}
}

// What will not go better at another attempt ends the job, with the reason and what to do.
func TestRefusals(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key")
	if _, err := job.NewKey(key, "someone"); err != nil {
		t.Fatal(err)
	}
	keys, err := job.ReadKeys(key + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		lock   string
		names  string
		worker func(*Options)
		job    func(*job.Job)
		kind   string
		want   string
	}{
		{"another class", "", "a", nil, func(j *job.Job) { j.Class = "h100" }, job.Refused, "it is of class c, and the job of class h100"},
		{"a name that leads elsewhere", "", "a", nil, func(j *job.Job) { j.Run = ".." }, job.Refused, "cannot be the name of a folder"},
		{"nobody's word", "", "a", func(o *Options) { o.Keys = keys }, nil, job.Refused, "it is not signed"},
		{"no lock file", "", "a", func(o *Options) { o.Unpinned = false }, nil, job.Refused, "`assay plugin lock suite`"},
		{"a plugin that differs from its lock file", "pins", "a", func(o *Options) {
			o.Environ = append(o.Environ, fakeassay.Refuse+"=plugin p: it has changed since it was locked")
		}, nil, job.Refused, "it has changed since it was locked"},
		{"a configuration that assay refuses", "", "wrong", nil, nil, job.Misfit, "Unknown variable"},
		{"a session that was cut off", "", "torn", nil, nil, job.Unusable, "has no end"},
		{"5 MiB without a store", "", "big", nil, nil, job.TooLarge, "--store"},
		{"files that are not those that were sent", "", "a", nil, func(j *job.Job) { j.Suite.SHA256 = "other" }, "", "not those that were sent"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			j := suiteOf(t, tt.lock, tt.names)
			if tt.job != nil {
				tt.job(&j)
			}
			_, err := measure(open(t, tt.worker), j, nil)
			var app *temporal.ApplicationError
			if !errors.As(err, &app) || !strings.Contains(app.Message(), tt.want) {
				t.Fatalf("%v, want %q", err, tt.want)
			}
			if tt.kind != "" && (app.Type() != tt.kind || !app.NonRetryable()) {
				t.Errorf("type %s, to be tried again: %t", app.Type(), !app.NonRetryable())
			}
		})
	}
}

type memory map[string][]byte

func (m memory) Put(_ context.Context, sum string, b []byte) error { m[sum] = b; return nil }
func (m memory) Get(_ context.Context, sum string) ([]byte, error) { return m[sum], nil }

// A document of 5 MiB goes to the store, and what travels is a reference.
func TestLargeDocument(t *testing.T) {
	store := memory{}
	out, err := measure(open(t, func(o *Options) { o.Store = store }), suiteOf(t, "", "big"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if out.Documents.Inline != nil || len(store) != 1 || len(documents(t, out, store)["documents/big.json"]) < 5<<20 {
		t.Errorf("%d entries in the store", len(store))
	}
}

// interruptAt ends a worker's job once it has so many rounds, as a second SIGTERM does,
// and gives what the last heartbeat said.
func interruptAt(t *testing.T, w *Worker, j job.Job, rounds int) job.Progress {
	t.Helper()
	ended := make(chan error, 1)
	go func() {
		_, err := measure(w, j, nil)
		ended <- err
	}()
	journal := ""
	count := func() int { return newFollower(journal).rounds() }
	for journal == "" || count() < rounds {
		select {
		case err := <-ended:
			t.Fatalf("it ended by itself: %v", err)
		case <-time.After(10 * time.Millisecond):
		}
		if found, _ := filepath.Glob(filepath.Join(w.State, "jobs/*/*/suite/results/runs/*/journal.jsonl")); len(found) > 0 {
			journal = found[0]
		}
	}
	w.Interrupt()
	var app *temporal.ApplicationError
	if err := <-ended; !errors.As(err, &app) || app.NonRetryable() {
		t.Fatalf("an attempt whose worker ends: %v", err)
	}
	return job.Progress{Machine: w.machine, Attempt: 1, Session: filepath.Base(filepath.Dir(journal)), Rounds: count()}
}

func slowly(o *Options) { o.Environ = append(o.Environ, fakeassay.Env+"=300ms") }

// The next attempt on the same machine goes on with the session: no round is lost, none
// is measured twice.
func TestResume(t *testing.T) {
	j := suiteOf(t, "", "slow")
	state := ""
	w := open(t, func(o *Options) { slowly(o); state = o.State })
	before := interruptAt(t, w, j, 1)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	next := open(t, func(o *Options) { o.State = state })
	out, err := measure(next, j, &before)
	if err != nil {
		t.Fatal(err)
	}
	if out.Session != before.Session || out.Resumed != 1 || len(out.Abandoned) != 0 {
		t.Errorf("session %s after %s, resumed %d times, abandoned %v", out.Session, before.Session, out.Resumed, out.Abandoned)
	}
	if r := out.Results[0]; r.Rounds != r.Journaled {
		t.Errorf("%d rounds in the document, %d in the journal", r.Rounds, r.Journaled)
	}
}

// On another machine it starts anew, and says how many rounds that costs.
func TestAnotherMachine(t *testing.T) {
	j := suiteOf(t, "", "slow")
	before := interruptAt(t, open(t, slowly), j, 2)
	out, err := measure(open(t, func(o *Options) { o.Name = "there" }), j, &before)
	if err != nil {
		t.Fatal(err)
	}
	if out.Session == before.Session || out.Resumed != 0 {
		t.Errorf("session %s goes on after %s", out.Session, before.Session)
	}
	if len(out.Abandoned) != 1 || out.Abandoned[0].Worker != "here" || out.Abandoned[0].Rounds != before.Rounds {
		t.Errorf("abandoned: %+v, want the %d rounds of the first", out.Abandoned, before.Rounds)
	}
}

// A session that cannot go on is put aside, with its rounds.
func TestSessionThatCannotGoOn(t *testing.T) {
	j := suiteOf(t, "", "changed")
	state := ""
	w := open(t, func(o *Options) { slowly(o); state = o.State })
	before := interruptAt(t, w, j, 1)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	out, err := measure(open(t, func(o *Options) { o.State = state }), j, &before)
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Abandoned) != 1 || out.Abandoned[0].Rounds < before.Rounds || !strings.Contains(out.Abandoned[0].Why, "must not be joined") {
		t.Errorf("abandoned: %+v", out.Abandoned)
	}
	if r := out.Results[0]; r.Rounds != r.Journaled {
		t.Errorf("%d rounds in the document, %d in the journal", r.Rounds, r.Journaled)
	}
}

// One folder has one worker.
func TestOneWorkerPerFolder(t *testing.T) {
	w := open(t, nil)
	_, err := Open(context.Background(), w.Options)
	if err == nil || !strings.Contains(err.Error(), "--state") {
		t.Errorf("%v", err)
	}
}

// A follower counts rounds that count, those that came since its last look included.
func TestFollower(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "20260102T030405Z-abcdef")
	f := newFollower(filepath.Join(dir, "journal.jsonl"))
	if n := f.rounds(); n != 0 || f.session != filepath.Base(dir) {
		t.Errorf("%d rounds of session %s before there is a journal", n, f.session)
	}
	j, err := record.CreateJournal(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	for i, step := range []struct {
		data []record.Data
		want int
	}{
		{[]record.Data{record.RoundEndEvent{Counted: true}}, 1},
		{[]record.Data{record.RoundEndEvent{}, record.SampleEvent{}}, 1},
		{nil, 1},
		{[]record.Data{record.RoundEndEvent{Counted: true}, record.NoteEvent{Text: `"kind":"round_end"`}, record.RoundEndEvent{Counted: true}}, 3},
	} {
		for _, d := range step.data {
			if _, err := j.Append(record.Event{Data: d}); err != nil {
				t.Fatal(err)
			}
		}
		if got := f.rounds(); got != step.want {
			t.Errorf("after step %d: %d rounds, want %d", i, got, step.want)
		}
	}
}
