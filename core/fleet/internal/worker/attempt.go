package worker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"go.temporal.io/sdk/temporal"

	"github.com/assay-bench/assay/core/fleet/internal/job"
	"github.com/assay-bench/assay/core/internal/crash"
	"github.com/assay-bench/assay/core/record"
)

// lockName is that of the file that pins plugins.
const lockName = "assay.lock.hcl"

// attempt is one attempt at a job.
type attempt struct {
	*Worker
	job.Job
	number int32
	before *job.Progress // what the last heartbeat of an earlier attempt said

	folder    string // of the job
	suite     string // working folder of its sessions
	abandoned []job.Abandoned
	tail      tail

	mu      sync.Mutex
	journal *follower // of the session that is measured
}

// words are what becomes part of a path.
var words = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`)

func (a *attempt) measure(ctx context.Context, heartbeat func(job.Progress)) (job.Outcome, error) {
	if err := a.accept(); err != nil {
		return job.Outcome{}, err
	}
	a.elsewhere()
	stop := a.beat(heartbeat)
	defer stop()
	if err := a.unpack(ctx); err != nil {
		return job.Outcome{}, err
	}
	if err := a.plugins(ctx); err != nil {
		return job.Outcome{}, err
	}
	exit, err := a.session(ctx)
	if err != nil {
		return job.Outcome{}, err
	}
	return a.outcome(ctx, exit)
}

// accept says whether the job may run here.
func (a *attempt) accept() error {
	for _, word := range append([]string{a.Run, a.Job.Class, a.Job.Name}, a.Experiments...) {
		if !words.MatchString(word) {
			return refuse(job.Refused, "worker %s: job %q: %q cannot be the name of a folder", a.Worker.Name, a.ID(), word)
		}
	}
	if a.Job.Class != a.Worker.Class {
		return refuse(job.Refused, "worker %s: it is of class %s, and the job of class %s", a.Worker.Name, a.Worker.Class, a.Job.Class)
	}
	if a.Keys != nil {
		who, err := a.Keys.Check(&a.Job)
		if err != nil {
			return refuse(job.Refused, "worker %s on %s: the job may not run there: %w", a.Worker.Name, a.machine.Host, err)
		}
		fmt.Fprintf(a.Worker.Log, "%s: signed by %s\n", a.ID(), who)
	}
	a.folder = filepath.Join(a.State, "jobs", a.Run, a.Job.Class+"-"+a.Job.Name)
	a.suite = filepath.Join(a.folder, "suite")
	return nil
}

// unpack lays the suite's files out, once for all attempts on this machine.
func (a *attempt) unpack(ctx context.Context) error {
	stamp := filepath.Join(a.folder, "suite.sha256")
	if b, err := os.ReadFile(stamp); err == nil && string(b) == a.Suite.SHA256 {
		return nil
	}
	packed, err := a.Suite.Bytes(ctx, a.Store)
	if err != nil {
		return fmt.Errorf("worker %s: the suite: %w", a.Worker.Name, err)
	}
	if err := os.RemoveAll(a.suite); err != nil {
		return fmt.Errorf("worker %s: %w", a.Worker.Name, err)
	}
	if err := job.Unpack(packed, a.suite); err != nil {
		return fmt.Errorf("worker %s: the suite: %w", a.Worker.Name, err)
	}
	return record.WriteFile(stamp, []byte(a.Suite.SHA256))
}

// plugins installs what the lock file pins. Assay holds every plugin against that file
// before it starts one.
func (a *attempt) plugins(ctx context.Context) error {
	lock := filepath.Join(a.suite, a.Dir, lockName)
	before, err := os.ReadFile(lock)
	if errors.Is(err, fs.ErrNotExist) {
		if a.Unpinned {
			return nil
		}
		return refuse(job.Refused, "worker %s: the suite has no %s, so that nobody knows which plugins it means: `assay plugin lock %s` pins those of your machine, `assay init` those of releases for all platforms; or start the worker with --unpinned", a.Worker.Name, lockName, a.Dir)
	}
	if err != nil {
		return fmt.Errorf("worker %s: %w", a.Worker.Name, err)
	}
	exit, said, err := a.run(ctx, "init", a.Dir)
	if err != nil {
		return err
	}
	if exit != 0 {
		return refuse(job.Refused, "worker %s on %s: plugins of the suite's lock file: %s", a.Worker.Name, a.machine.Host, said)
	}
	if after, err := os.ReadFile(lock); err != nil || !bytes.Equal(before, after) {
		return refuse(job.Refused, "worker %s on %s: the suite's %s does not pin all plugins that it requires: run `assay init %s` where it comes from, and dispatch it again", a.Worker.Name, a.machine.Host, lockName, a.Dir)
	}
	return nil
}

// elsewhere notes the rounds of attempts that other machines made: they stay there,
// since rounds of two machines are not pooled. Those that this machine made are not
// lost: its session goes on.
func (a *attempt) elsewhere() {
	if a.before == nil {
		return
	}
	for _, x := range a.before.Abandoned {
		if x.Why != job.MovedOn || x.Worker != a.machine.Worker || x.Host != a.machine.Host {
			a.abandoned = append(a.abandoned, x)
		}
	}
	if m := a.before.Machine; a.before.Rounds > 0 && (m.Worker != a.machine.Worker || m.Host != a.machine.Host) {
		a.abandoned = append(a.abandoned, job.Abandoned{Worker: m.Worker, Host: m.Host, Rounds: a.before.Rounds, Why: job.MovedOn})
	}
}

// session measures what is missing, and gives assay's exit status.
func (a *attempt) session(ctx context.Context) (int, error) {
	journal, err := a.latest()
	if err != nil {
		return 0, err
	}
	if journal == "" {
		return a.begin(ctx)
	}
	a.follow(journal)
	ending, err := record.EndingOf(journal)
	if err != nil {
		return 0, fmt.Errorf("worker %s: %w", a.Worker.Name, err)
	}
	if ending == record.Ended { // it was measured, and the outcome did not arrive
		return 0, nil
	}
	exit, said, err := a.run(ctx, "resume", filepath.Base(filepath.Dir(journal)))
	switch {
	case err != nil:
		return 0, err
	case exit == 2: // it cannot go on
		if err := a.abandon(journal, said); err != nil {
			return 0, err
		}
		return a.begin(ctx)
	}
	return exit, a.judge(exit, said)
}

// begin starts a session.
func (a *attempt) begin(ctx context.Context) (int, error) {
	args := []string{"run"}
	for _, name := range slices.Sorted(maps.Keys(a.Vars)) {
		args = append(args, "--var", name+"="+a.Vars[name])
	}
	for _, f := range a.VarFiles {
		args = append(args, "--var-file", f)
	}
	for _, e := range a.Experiments {
		args = append(args, "--only", e)
	}
	exit, said, err := a.run(ctx, append(append(args, "--"), a.Paths...)...)
	if err != nil {
		return 0, err
	}
	return exit, a.judge(exit, said)
}

// judge says what an exit status of run or resume means for the job; nil where there
// are documents to look at.
func (a *attempt) judge(exit int, said string) error {
	switch {
	case exit == 0 || exit == 1 || exit == 3:
		return nil
	case exit == 4:
		if journal, err := a.latest(); err == nil && journal != "" {
			return nil // a plugin was lost while it measured, which is a result
		}
		return refuse(job.Misfit, "worker %s on %s: %s", a.Worker.Name, a.machine.Host, said)
	case exit == 2:
		return refuse(job.Misfit, "worker %s on %s: %s", a.Worker.Name, a.machine.Host, said)
	}
	return temporal.NewApplicationError(fmt.Sprintf("worker %s on %s: assay ended with status %d: %s", a.Worker.Name, a.machine.Host, exit, said), job.Interrupt)
}

// abandon puts a session aside that cannot go on.
func (a *attempt) abandon(journal, why string) error {
	rounds := a.rounds()
	a.mu.Lock()
	a.abandoned = append(a.abandoned, job.Abandoned{Worker: a.Worker.Name, Host: a.machine.Host, Rounds: rounds, Why: why})
	a.journal = nil
	a.mu.Unlock()
	from := filepath.Join(a.suite, "results")
	for n := 1; ; n++ {
		to := filepath.Join(a.folder, fmt.Sprintf("abandoned-%d", n))
		if _, err := os.Stat(to); errors.Is(err, fs.ErrNotExist) {
			return os.Rename(from, to)
		}
	}
}

// latest is the journal of the job's session on this machine, empty if there is none.
func (a *attempt) latest() (string, error) {
	runs := filepath.Join(a.suite, "results", "runs")
	entries, err := os.ReadDir(runs)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("worker %s: %w", a.Worker.Name, err)
	}
	return filepath.Join(runs, entries[len(entries)-1].Name(), "journal.jsonl"), nil // names sort by time
}

func (a *attempt) follow(journal string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.journal = nil
	if journal != "" {
		a.journal = newFollower(journal)
	}
}

func (a *attempt) rounds() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.journal == nil {
		return 0
	}
	return a.journal.rounds()
}

// progress is what the next heartbeat says.
func (a *attempt) progress() job.Progress {
	a.mu.Lock()
	none := a.journal == nil
	a.mu.Unlock()
	if none && a.suite != "" {
		if journal, err := a.latest(); err == nil {
			a.follow(journal)
		}
	}
	log := a.tail.text()
	lines := strings.Split(strings.TrimSpace(log), "\n")
	p := job.Progress{Machine: a.machine, Attempt: a.number, Rounds: a.rounds(), Line: strings.TrimSpace(lines[len(lines)-1]), Log: log, At: time.Now().UTC()}
	a.mu.Lock()
	defer a.mu.Unlock()
	p.Abandoned = slices.Clone(a.abandoned)
	if a.journal != nil {
		p.Session = a.journal.session
	}
	return p
}

// beat says how far the attempt is, until it is stopped. Saying it may wait for the
// server, so that it happens beside the measuring, which is another process's.
func (a *attempt) beat(heartbeat func(job.Progress)) (stop func()) {
	ended := make(chan struct{})
	crash.Go(func() {
		t := time.NewTicker(job.HeartbeatEvery)
		defer t.Stop()
		for {
			heartbeat(a.progress())
			select {
			case <-ended:
				return
			case <-t.C:
			}
		}
	})
	return func() { close(ended) }
}
