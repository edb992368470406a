package build

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"
)

// Make builds t of s, which Resolve gave, unless it is in the cache. Who makes
// the same build at once waits for the first. The build stays there until the
// Hold is closed. Errors of the command are *Failure.
func Make(ctx context.Context, s Spec, t Tree, o Options) (*Hold, error) {
	o = o.filled()
	c, err := o.cache()
	if err != nil {
		return nil, err
	}
	e := c.entry(t.Key)
	made := false
	for rebuild := o.Rebuild; ; rebuild = false {
		if !rebuild {
			if h := e.hold(); h != nil {
				h.New = made
				return h, nil
			}
		}
		if made, err = e.make(ctx, s, t, rebuild, o); err != nil {
			return nil, err
		}
	}
}

// make builds under the lock, if nobody did while it waited.
func (e entry) make(ctx context.Context, s Spec, t Tree, rebuild bool, o Options) (made bool, err error) {
	if err := e.create(); err != nil {
		return false, err
	}
	l, err := e.wait(ctx, func() { o.Step("waits for another assay that builds or uses " + e.folder()) })
	if ctx.Err() != nil {
		return false, ctx.Err()
	} else if err != nil {
		return false, e.fault(err)
	}
	defer l.release()
	if !rebuild && e.built() {
		return false, nil
	}
	began := time.Now()
	root, err := e.fill(ctx, s, t, o)
	if err != nil {
		_ = removeAll(e.folder())
		return false, err
	}
	if err := e.run(ctx, l, s, t, o); err != nil {
		return false, err
	}
	m := mark{inputs: inputsOf(root, t.Commit, s, o.Environ), Ref: s.Ref, Built: time.Now().UTC(), Seconds: time.Since(began).Seconds()}
	if err := e.finish(m); err != nil {
		return false, e.fault(err)
	}
	_ = removeAll(e.failed())
	return true, nil
}

// fill makes the checkout, in place of whatever a build that was killed
// left.
func (e entry) fill(ctx context.Context, s Spec, t Tree, o Options) (root string, err error) {
	if err := e.clear(); err != nil {
		return "", e.fault(err)
	}
	r, err := open(ctx, s.Repo, o.Environ)
	if err == nil {
		r.own = o.Own
	}
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(e.tree(), 0o755); err != nil {
		return "", e.fault(err)
	}
	o.Step(fmt.Sprintf("checks out %s", describe(s, t)))
	return r.root, r.checkout(ctx, s.Ref, t, e.tree())
}

// run starts the command. What failed is kept aside; what was interrupted is not.
func (e entry) run(ctx context.Context, l *lock, s Spec, t Tree, o Options) error {
	o.Step("runs " + strings.Join(s.Command, " "))
	c := command{spec: s, dir: e.tree(), env: environOf(o.Environ, s.Env, e.tree(), e.dir), log: e.log(), lock: l.file, output: o.Output}
	err := c.run(ctx)
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		_ = removeAll(e.folder())
		return ctx.Err()
	}
	f := &Failure{What: describe(s, t), Command: s.Command, Err: err, Log: e.log(), Output: lastLines(e.log())}
	if removeAll(e.failed()) == nil && os.Rename(e.folder(), e.failed()) == nil {
		f.Log = e.failedLog()
	}
	return f
}

// describe names what is built, for people.
func describe(s Spec, t Tree) string {
	if s.Ref == "" {
		return "the working tree of " + s.Repo
	}
	return fmt.Sprintf("%s (%.10s) of %s", s.Ref, t.Commit, s.Repo)
}

// Failure is a command that failed or took too long.
type Failure struct {
	What    string // ref and repository
	Command []string
	Err     error
	Log     string   // path of all that the command printed
	Output  []string // its last lines
}

func (f *Failure) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "build of %s: %s: %v", f.What, strings.Join(f.Command, " "), f.Err)
	for _, line := range f.Output {
		b.WriteString("\n    " + line)
	}
	fmt.Fprintf(&b, "\n  all of its output: %s", f.Log)
	return b.String()
}

func (f *Failure) Unwrap() error { return f.Err }
