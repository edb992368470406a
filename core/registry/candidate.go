package registry

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/hashicorp/go-version"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/assay-bench/assay/core/internal/proctree"
	"github.com/assay-bench/assay/core/process"
	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/schema"
	"github.com/assay-bench/assay/core/sdk/wire"
)

// describeTimeout bounds `PLUGIN describe`, which does no work to speak of.
const describeTimeout = 10 * time.Second

// EnvOverrides names binaries to take instead of installed ones, while a
// plugin is being developed: NAME=PATH, separated by commas.
const EnvOverrides = "ASSAY_PLUGIN_OVERRIDES"

// candidate is a file that may be a plugin.
type candidate struct {
	name     string
	version  string // from the file name; empty: not said
	path     string
	override bool
	named    bool     // an experiment names the file, whatever it is called
	env      []string // to describe itself in; nil: what every plugin gets
}

// parseCandidate reads assay-plugin-NAME[_vX.Y.Z].
func parseCandidate(path string) (candidate, bool) {
	rest, ok := strings.CutPrefix(filepath.Base(path), prefix)
	if !ok {
		return candidate{}, false
	}
	name, v, _ := strings.Cut(rest, "_v")
	return candidate{name: name, version: v, path: path}, name != ""
}

func readOverrides(text string) ([]candidate, error) {
	var out []candidate
	for _, entry := range strings.Split(text, ",") {
		if entry = strings.TrimSpace(entry); entry == "" {
			continue
		}
		name, path, ok := strings.Cut(entry, "=")
		if !ok || name == "" || path == "" {
			return nil, fmt.Errorf("$%s: %q is not NAME=PATH", EnvOverrides, entry)
		}
		abs, err := filepath.Abs(path)
		if err != nil {
			return nil, fmt.Errorf("$%s: %w", EnvOverrides, err)
		}
		out = append(out, candidate{name: name, path: abs, override: true})
	}
	return out, nil
}

// inspect computes the digest, holds it against the lock and only then runs
// the binary to ask what it is.
func (c candidate) inspect(ctx context.Context, cache *cache, lock *Lock) (*Installed, error) {
	program, err := process.OpenProgram(c.path)
	if err != nil {
		return nil, notStarted(c.path, err)
	}
	defer program.Close() //nolint:errcheck // read only
	info := program.Info()
	var seen cached // what a program says of itself may hang on its environment
	if c.env == nil {
		seen = cache.find(c.path, info)
	}
	if seen.SHA256 == "" {
		if seen.SHA256, err = program.SHA256(); err != nil {
			return nil, err
		}
	}
	p := &Installed{Name: c.name, Path: c.path, SHA256: seen.SHA256, Override: c.override}
	if !c.override && !c.named {
		if p.Locked, err = lock.check(c.name, c.version, seen.SHA256); err != nil {
			return nil, err
		}
	}
	if seen.Describe == nil {
		if seen.Describe, err = describe(ctx, program, c.env); err != nil {
			return nil, err
		}
	}
	if p.Describe, err = c.accept(seen.Describe); err != nil {
		return nil, err
	}
	p.Version = p.Describe.GetVersion()
	if c.env == nil {
		cache.keep(c.path, info, seen)
	}
	if c.named {
		return p, nil
	}
	if err := lock.checkVersion(p); err != nil {
		return nil, err
	}
	return p, nil
}

// accept reads a description and refuses what no host could work with.
func (c candidate) accept(text []byte) (*pluginv1.DescribeResponse, error) {
	d, err := parseDescription(c.path, text)
	if err != nil {
		return nil, &Broken{err}
	}
	if err := c.checkName(d); err != nil {
		return nil, err
	}
	if err := CheckSchema(d); err != nil {
		return nil, &Broken{err}
	}
	return d, nil
}

func parseDescription(path string, text []byte) (*pluginv1.DescribeResponse, error) {
	var d pluginv1.DescribeResponse
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(text, &d); err != nil {
		return nil, fmt.Errorf("`%s describe` did not print a description: %w", filepath.Base(path), err)
	}
	return &d, nil
}

// checkName holds name and version against the file's name.
func (c candidate) checkName(d *pluginv1.DescribeResponse) error {
	if d.GetName() != c.name && c.named {
		return fmt.Errorf("it calls itself %q, and the experiment takes it for the plugin %q; name the plugin that it is", d.GetName(), c.name)
	}
	if d.GetName() != c.name {
		return fmt.Errorf("it calls itself %q; rename the file to %s%s", d.GetName(), prefix, d.GetName())
	}
	v, err := version.NewSemver(d.GetVersion())
	if err != nil {
		return fmt.Errorf("its version %q is not a semantic version", d.GetVersion())
	}
	if c.version != "" {
		if named, err := version.NewSemver(c.version); err != nil || !named.Equal(v) {
			return fmt.Errorf("the file name says version %s, the plugin says %s; rename the file to %s%s_v%s", c.version, d.GetVersion(), prefix, c.name, v)
		}
	}
	return nil
}

// CheckName says why the plugin at path cannot be found under its name.
func CheckName(path string, d *pluginv1.DescribeResponse) error {
	c, ok := parseCandidate(path)
	if !ok {
		return fmt.Errorf("the file is called %s; rename it to %s%s, or assay does not find it", filepath.Base(path), prefix, d.GetName())
	}
	return c.checkName(d)
}

// CheckSchema says why no experiment could use the plugin.
func CheckSchema(d *pluginv1.DescribeResponse) error {
	if len(d.GetPhases())+len(d.GetConfig().GetAttributes())+len(d.GetConfig().GetBlocks()) == 0 { // no configuration could name one either
		return errors.New("it describes no phase to time: the plugin is defective")
	}
	if _, err := schema.Compile(d.GetName(), d.GetConfig()); err != nil {
		return fmt.Errorf("its configuration schema is defective: %w", err)
	}
	return nil
}

// Describe asks a binary what it is, whatever the cache and the lock file say. A
// nil environment is what every plugin gets.
func Describe(ctx context.Context, path string, env []string) (*pluginv1.DescribeResponse, error) {
	program, err := process.OpenProgram(path)
	if err != nil {
		return nil, err
	}
	defer program.Close() //nolint:errcheck // read only
	text, err := describe(ctx, program, env)
	if err != nil {
		return nil, err
	}
	return parseDescription(path, text)
}

// Broken is the error of a plugin that could not be started, or that did not say
// what it is as a plugin does.
type Broken struct{ Err error }

func (e *Broken) Error() string { return e.Err.Error() }
func (e *Broken) Unwrap() error { return e.Err }

// notStarted keeps of a program's death what its file is. Whoever shows it names
// the path.
func notStarted(path string, err error) error {
	var death *process.DeathError
	if errors.As(err, &death) {
		what := death.Death.Detail
		if is, ok := strings.CutPrefix(what, path+" "); ok {
			what = "it " + is
		}
		err = errors.New(strings.TrimPrefix(what, path+": "))
	}
	if _, gone := os.Stat(path); errors.Is(gone, fs.ErrNotExist) {
		return err // whoever names it is to blame
	}
	return &Broken{err}
}

// describe asks a binary what it is: `PLUGIN describe` prints it as JSON. A nil
// environment is what every plugin gets.
func describe(ctx context.Context, program *process.Program, env []string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, describeTimeout)
	defer cancel()
	base := filepath.Base(program.Path)
	cmd := program.Command("", wire.DescribeArg)
	if cmd.Env = env; env == nil {
		cmd.Env = process.AllowedEnv(os.Environ())
	}
	stdout, stderr := &limited{}, &limited{}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	err := proctree.Run(ctx, cmd, 0)
	var ended *exec.ExitError
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return nil, ctx.Err()
	case ctx.Err() != nil:
		return nil, &Broken{fmt.Errorf("`%s describe` did not end within %s", base, describeTimeout)}
	case errors.As(err, &ended):
		said, _, _ := strings.Cut(strings.TrimSpace(stderr.String()), "\n")
		if said = cmp.Or(process.Missing(stderr.String()), process.Raised(stderr.String()), said); said != "" {
			err = fmt.Errorf("%w: %s", err, said)
		}
		return nil, &Broken{fmt.Errorf("`%s describe` failed: %w", base, err)}
	case err != nil:
		return nil, notStarted(program.Path, process.NotStarted(program.Path, err))
	case stdout.over:
		return nil, &Broken{fmt.Errorf("`%s describe` printed more than %d MiB", base, wire.MaxMessage>>20)}
	}
	return stdout.Bytes(), program.Check()
}

// limited keeps at most wire.MaxMessage bytes of what a program prints and
// reads the rest away.
type limited struct {
	bytes.Buffer
	over bool
}

func (l *limited) Write(p []byte) (int, error) {
	if l.Len()+len(p) > wire.MaxMessage {
		l.over = true
		return len(p), nil
	}
	return l.Buffer.Write(p)
}
