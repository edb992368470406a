package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/assay-bench/assay/core/conformance"
	"github.com/assay-bench/assay/core/internal/atomicfile"
	"github.com/assay-bench/assay/core/machine"
	"github.com/assay-bench/assay/core/report"
)

// subject is what a plugin is given by `plugin check` and `plugin try`.
type subject struct {
	Config string `name:"config" type:"path" placeholder:"FILE" help:"The arguments of a config block, as HCL or (.json) JSON; the defaults if not given."`
	Device string `name:"device" default:"auto" placeholder:"KIND" help:"apple, cuda, cpu, sim or auto, with :1 for the second of a kind."`
}

// options for the plugin at path. Progress goes to a terminal and nowhere else.
func (c *subject) options(app *App, path string) (conformance.Options, error) {
	kind, number, indexed := strings.Cut(c.Device, ":")
	index, err := strconv.Atoi(number)
	if indexed && (err != nil || index < 0) {
		return conformance.Options{}, fmt.Errorf("--device: %q is no kind of device, nor a kind with the number of one, such as cuda:1", c.Device)
	}
	self, err := os.Executable()
	if err != nil {
		return conformance.Options{}, err
	}
	live := app.live()
	return conformance.Options{
		Path: path, Config: relative(c.Config), Device: kind, Index: index, Logger: app.log, Host: []string{self, "visit-host"},
		Begin: func(r conformance.Rule) { live(r.ID + " …") }, Step: func(text string) { live(text + " …") },
	}, nil
}

// live draws one line on a terminal in place of the last; empty text takes it away.
func (a *App) live() func(text string) {
	width := terminal(a.Err)
	if width == 0 {
		return func(string) {}
	}
	return func(text string) {
		if runes := []rune(text); len(runes) > width-3 {
			text = string(runes[:max(width-3, 0)])
		}
		if text != "" {
			text = "  " + text
		}
		fmt.Fprint(a.Err, report.ClearLine+text)
	}
}

type pluginCheck struct {
	subject
	Plugin string   `arg:"" help:"The plugin's binary, a folder of them, or the name of an installed one."`
	Rule   []string `name:"rule" placeholder:"ID" help:"Only this rule; may be given more than once."`
	JUnit  string   `name:"junit" type:"path" placeholder:"FILE" help:"Also write the outcome as JUnit XML."`
	JSON   bool     `name:"json" help:"Print JSON; assay schema --check prints its schema."`
}

func (c *pluginCheck) Run(ctx context.Context, app *App) error {
	paths, err := app.binaries(ctx, c.Plugin)
	if err != nil {
		return err
	}
	if len(paths) > 1 && c.Config != "" {
		return fmt.Errorf("--config is for one plugin, and %s has %d; name the binary", c.Plugin, len(paths))
	}
	lock, err := app.measuring(ctx, "plugin check")
	if err != nil {
		return err
	}
	defer lock.Release()
	var doc conformance.Document
	code := Passed
	for _, path := range paths {
		r, worst, err := c.check(ctx, app, path, len(paths) == 1)
		if err != nil {
			return err
		}
		doc.Plugins, code = append(doc.Plugins, r), worseOf(code, worst)
	}
	if err := c.write(app, doc); err != nil {
		return err
	}
	if code != Passed {
		return told(code)
	}
	return nil
}

// check one plugin, and show it meanwhile. What keeps it from being checked is an
// error if it is alone, and stands in its report if it is one of several.
func (c *pluginCheck) check(ctx context.Context, app *App, path string, alone bool) (*conformance.Report, Status, error) {
	o, err := c.options(app, path)
	if err != nil {
		return nil, 0, err
	}
	out, live := app.Out, app.live()
	if c.JSON {
		out = app.Err
	}
	o.Only = c.Rule
	o.Done = func(o conformance.Outcome) {
		live("")
		if !c.JSON {
			report.RuleOutcome(out, o, app.style(out))
		}
	}
	if !c.JSON {
		report.PluginTitle(out, strings.TrimPrefix(filepath.Base(path), pluginPrefix), relative(path), app.style(out))
	}
	r, err := conformance.Check(ctx, o)
	live("")
	code := Passed
	var usage *conformance.UsageError
	switch {
	case ctx.Err() != nil:
		return nil, 0, ctx.Err()
	case errors.As(err, &usage):
		code = BadUsage
	case err != nil:
		err, code = cannotStart{err}, PluginLost
	case r.Failed > 0:
		code = Failed
	case r.Unclear > 0:
		code = Undecided
	}
	if err != nil && alone {
		return nil, 0, err
	}
	if err != nil {
		r = &conformance.Report{Plugin: conformance.Subject{Path: path}, Error: err.Error(), Rules: []conformance.Outcome{}}
	}
	if !c.JSON {
		report.Conformance(out, r, app.style(out))
	} else if err != nil {
		fmt.Fprintf(app.Err, "assay: %v\n", err)
	}
	return r, code, nil
}

// worseOf two statuses; that one plugin breaks a rule is worse than that another one
// could not be held against it.
func worseOf(a, b Status) Status {
	if min(a, b) == Failed && max(a, b) == Undecided {
		return Failed
	}
	return max(a, b)
}

func (c *pluginCheck) write(app *App, doc conformance.Document) error {
	if c.JUnit != "" {
		var xml bytes.Buffer
		if err := conformance.WriteJUnit(&xml, doc.Plugins); err != nil {
			return err
		}
		if err := atomicfile.Write(c.JUnit, xml.Bytes()); err != nil {
			return err
		}
	}
	if c.JSON {
		return app.printJSON(doc)
	}
	return nil
}

const pluginPrefix = "assay-plugin-"

// binaries that an argument means: a file, the plugins in a folder, or an
// installed one by its name.
func (a *App) binaries(ctx context.Context, argument string) ([]string, error) {
	info, err := os.Stat(argument)
	switch {
	case err == nil && !info.IsDir():
		return []string{argument}, nil
	case err == nil:
		found, err := filepath.Glob(filepath.Join(argument, pluginPrefix+"*"))
		if err != nil {
			return nil, err
		}
		found = slices.DeleteFunc(found, func(path string) bool {
			info, err := os.Stat(path)
			return err != nil || !info.Mode().IsRegular() || info.Mode()&0o111 == 0
		})
		if len(found) > 0 {
			return found, nil
		}
		if strings.ContainsRune(argument, filepath.Separator) || argument == "." {
			return nil, fmt.Errorf("%s has no plugin: plugins are executable files called %sNAME", argument, pluginPrefix)
		}
	case strings.ContainsRune(argument, filepath.Separator):
		return nil, err
	}
	reg, err := a.plugins(ctx, ".")
	if err != nil {
		return nil, err
	}
	p, err := reg.Get(argument, "")
	if err != nil {
		return nil, err
	}
	return []string{p.Path}, nil
}

// measuring holds the machine, so that no session measures beside it.
func (a *App) measuring(ctx context.Context, who string) (*machine.Lock, error) {
	return machine.Acquire(ctx, machine.LockPath(a.Getenv), who, func(holder string) {
		fmt.Fprintf(a.Err, "waiting: another session measures on this machine (%s)\n", holder)
	})
}

// visitHost is the host that a rule stops in the middle of a visit.
type visitHost struct{}

func (*visitHost) Run(ctx context.Context, app *App) error {
	return conformance.Host(ctx, os.Stdin, app.Out)
}

type pluginTry struct {
	subject
	Plugin  string        `arg:"" help:"The name of an installed plugin, or its binary."`
	Samples uint32        `name:"samples" default:"5" help:"Samples of each phase."`
	Sample  time.Duration `name:"sample" default:"50ms" placeholder:"TIME" help:"How long a sample lasts, where the plugin can choose."`
	JSON    bool          `name:"json" help:"Print JSON."`
}

func (c *pluginTry) Run(ctx context.Context, app *App) error {
	if c.Samples < 1 || c.Sample <= 0 {
		return errors.New("--samples and --sample: one sample of some length is the least")
	}
	paths, err := app.binaries(ctx, c.Plugin)
	if err != nil {
		return err
	}
	if len(paths) > 1 {
		return fmt.Errorf("%s has %d plugins; name one", c.Plugin, len(paths))
	}
	lock, err := app.measuring(ctx, "plugin try")
	if err != nil {
		return err
	}
	defer lock.Release()
	o, err := c.options(app, paths[0])
	if err != nil {
		return err
	}
	t, err := conformance.Try(ctx, o, c.Samples, c.Sample)
	app.live()("")
	var usage *conformance.UsageError
	switch {
	case errors.As(err, &usage):
		return err
	case err != nil:
		return cannotStart{err}
	case c.JSON:
		err = app.printJSON(t)
	default:
		report.Trial(app.Out, t, app.style(app.Out))
	}
	if err == nil && slices.ContainsFunc(t.Checks, func(c conformance.TrialCheck) bool { return !c.Passed }) {
		return told(Failed)
	}
	return err
}
