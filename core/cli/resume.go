package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/session"
)

type resumeCommand struct {
	Session string `arg:"" optional:"" help:"A session: its name, its folder in results/runs or its journal. The default is the latest one in results/runs."`
	measuring
}

// Help is printed by assay resume --help.
func (c *resumeCommand) Help() string {
	return "Goes on with a session that was interrupted or killed, and measures only what its journal does not have. Machine, assay, plugins,\n" +
		"environment and experiments must be as they were; what differs is named, and nothing is measured then."
}

func (c *resumeCommand) Run(ctx context.Context, app *App) error {
	if err := c.publishing.check(); err != nil {
		return err
	}
	path, err := journalOf(c.Session)
	if err != nil {
		return err
	}
	began, err := beginningOf(path)
	if err != nil {
		return err
	}
	// Paths of the command line were relative to this folder.
	if err := os.Chdir(began.Folder); err != nil {
		return fmt.Errorf("session %s was run in a folder that cannot be entered: %w", began.ID, err)
	}
	l, err := app.loadBuilt(ctx, source{Paths: began.Paths, Var: began.Vars, VarFile: began.VarFiles, Only: began.Only}, c.Rebuild)
	if err != nil {
		return err
	}
	if err := l.faults(app); err != nil {
		return err
	}
	s, err := session.Resume(ctx, path, c.options(app, l, began.Folder))
	if err != nil {
		return err
	}
	defer s.Close()
	if !slices.ContainsFunc(l.experiments, s.Missing) {
		fmt.Fprintln(app.Err, "Every experiment of this session is measured; nothing to resume.")
		return nil
	}
	return c.measure(ctx, app, s, l)
}

// begun is how a session began.
type begun struct {
	ID string
	record.Source
}

func beginningOf(path string) (begun, error) {
	var first *record.SessionEvent
	if _, err := record.WalkJournal(path, func(e record.Event) error {
		if d, ok := e.Data.(record.SessionEvent); ok {
			first = &d
		}
		return errSeen
	}); err != nil && !errors.Is(err, errSeen) {
		return begun{}, err
	}
	if first == nil {
		return begun{}, fmt.Errorf("journal %s: it does not begin with a session", path)
	}
	if first.Source.Folder == "" {
		return begun{}, fmt.Errorf("session %s: an earlier version of assay began it, which did not write down what it measured; `assay recover %s` makes documents of what it has", first.ID, relative(path))
	}
	return begun{first.ID, first.Source}, nil
}

// errSeen ends the reading of a journal.
var errSeen = errors.New("seen")

// runsFolder is where sessions keep their journals, relative to the working folder.
var runsFolder = filepath.Join("results", "runs")

// journalOf finds the journal that a name, a folder or a path means, as an
// absolute path.
func journalOf(name string) (string, error) {
	if name == "" {
		latest, err := latestIn(runsFolder)
		if err != nil {
			return "", err
		}
		name = latest
	}
	for _, p := range []string{filepath.Join(runsFolder, name, "journal.jsonl"), filepath.Join(name, "journal.jsonl"), name} {
		if info, err := os.Stat(p); err == nil && !info.IsDir() { // who opens it says what is no file
			return filepath.Abs(p)
		}
	}
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return "", fmt.Errorf("%s holds no journal.jsonl: name the folder of a session, in %s", name, runsFolder)
	}
	return "", fmt.Errorf("there is no session %s in %s, and no such journal", name, runsFolder)
}

// latestIn is the session that began last: their names sort by time.
func latestIn(runs string) (string, error) {
	entries, err := os.ReadDir(runs)
	if err != nil || len(entries) == 0 {
		return "", fmt.Errorf("%s holds no session to go on with: run this in the folder where `assay run` was run, or name a session's folder or journal", runs)
	}
	return entries[len(entries)-1].Name(), nil
}
