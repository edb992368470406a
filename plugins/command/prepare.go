package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/hashicorp/go-hclog"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/core/sdk/child"
)

// prepare runs the program once, so that faults are found before anything is
// timed, the output is checked, and the second start is like all later ones.
func prepare(ctx context.Context, req sdk.Request[Config]) (*sdk.Prepared, error) {
	p, faults := read(req.Config)
	if len(faults) > 0 {
		return nil, sdk.Faults(faults)
	}
	prog := &program{settings: p, log: req.Log, fidelity: fidelity{want: p.want}}
	req.Cleanup(prog.close)
	c, err := prog.first(ctx, req)
	if err != nil {
		return nil, asAdvice(ctx, p.at, err)
	}
	return c, nil
}

func (p *program) first(ctx context.Context, req sdk.Request[Config]) (c *sdk.Prepared, err error) {
	if req.Config.Cold {
		if p.caches, err = os.MkdirTemp("", "assay-command-"); err != nil {
			return nil, err
		}
	}
	req.Progress("first start", 0)
	if p.serve {
		s, err := newServed(ctx, p)
		if err != nil {
			return nil, err
		}
		req.Cleanup(s.close)
		return s.prepared(), nil
	}
	if err := p.keepStdin(req.Config.Run.Stdin); err != nil {
		return nil, err
	}
	r, err := newRepeated(ctx, p, req.Config.Run.ExitStatus)
	if err != nil {
		return nil, err
	}
	return r.prepared(), nil
}

// asAdvice makes what goes wrong in the first start the user's to mend: it is
// the user's program. The end of the context is not.
func asAdvice(ctx context.Context, at string, err error) error {
	if ctx.Err() != nil {
		return err
	}
	detail := err.Error()
	if errors.Is(err, syscall.ENOEXEC) {
		detail += ": it is no program of this machine, nor a script whose first line begins with #!"
	}
	return sdk.Diagnostic{Path: at, Code: "first_start", Summary: "the program cannot be measured", Detail: detail}
}

// program is what is started again and again.
type program struct {
	settings
	stdin    *os.File // what it reads, a file without a name; nil: nothing
	caches   string   // folder for the caches of a cold start; empty: starts are warm
	starts   int
	fidelity fidelity
	log      hclog.Logger
}

func (p *program) keepStdin(text *string) error {
	if text == nil || *text == "" {
		return nil
	}
	f, err := os.CreateTemp("", "assay-command-")
	if err != nil {
		return err
	}
	p.stdin = f
	_, err = f.WriteString(*text)
	return errors.Join(err, os.Remove(f.Name()))
}

// close gives back what all starts share. What cannot be removed is logged: the
// measurements stand.
func (p *program) close() {
	var err error
	if p.stdin != nil {
		err = p.stdin.Close()
	}
	if p.caches != "" {
		err = errors.Join(err, os.RemoveAll(p.caches))
	}
	if err != nil {
		p.log.Warn("after the last start", "error", err)
	}
}

// start runs before, if there is one, and starts the program.
func (p *program) start(ctx context.Context, s child.Spec, add map[string]string) (*child.Child, error) {
	p.starts++
	env, err := p.environment(add)
	if err != nil {
		return nil, err
	}
	if len(p.Before) > 0 {
		if err := p.before(ctx, env); err != nil {
			return nil, fmt.Errorf("before: %w", err)
		}
	}
	s.Argv, s.Dir, s.Env = p.Argv, p.Folder, env
	return child.Start(s)
}

func (p *program) before(ctx context.Context, env []string) error {
	c, err := child.Start(child.Spec{Argv: p.Before, Dir: p.Folder, Env: env})
	if err != nil {
		return err
	}
	if err := p.await(ctx, c, nil); err != nil {
		return err
	}
	if state := c.Exit().State; !state.Success() {
		return fmt.Errorf("%s: %s", state, last(c.Tail()))
	}
	return nil
}

// coldCaches are the variables that say where compiled kernels and shaders are
// kept.
var coldCaches = []string{
	"CUDA_CACHE_PATH",             // CUDA's just-in-time compiler
	"__GL_SHADER_DISK_CACHE_PATH", // NVIDIA's OpenGL and Vulkan
	"MESA_SHADER_CACHE_DIR",       // Mesa's OpenGL and Vulkan
	"TRITON_CACHE_DIR",            // Triton
	"TORCHINDUCTOR_CACHE_DIR",     // torch.compile
}

// environment of one start. For a cold one each cache is a new, empty folder.
func (p *program) environment(add map[string]string) ([]string, error) {
	all := map[string]string{}
	for name, value := range add {
		all[name] = value
	}
	if p.caches != "" {
		// A folder inside one that only this user can enter.
		caches := filepath.Join(p.caches, "now")
		if err := os.RemoveAll(caches); err != nil {
			return nil, err
		}
		for _, name := range coldCaches {
			all[name] = filepath.Join(caches, strings.ToLower(strings.Trim(name, "_")))
			if err := os.MkdirAll(all[name], 0o700); err != nil {
				return nil, err
			}
		}
	}
	return child.Environ(all), nil
}

// facts for the result document.
func (p *program) facts() map[string]string {
	facts := map[string]string{"start": "warm: started before, in this round"}
	if p.serve {
		facts["start"] = "once in each round"
	}
	if p.caches != "" {
		facts["start"] = "cold: new and empty " + strings.Join(coldCaches, ", ") + "; files may be in memory"
	}
	if len(p.Before) > 0 {
		facts["start"] += "; before each start: " + strings.Join(p.Before, " ")
	}
	p.fidelity.facts(facts)
	return facts
}

// await waits until the program has ended or, if answered is not nil, has
// answered. At the end of ctx, and after the timeout, it ends the program.
func (p *program) await(ctx context.Context, c *child.Child, answered <-chan struct{}) error {
	err := alive(ctx, p.timeout, answered, c.Done())
	if err == nil {
		return nil
	}
	if stopped := c.Stop(0); stopped != nil {
		return errors.Join(err, stopped)
	}
	if errors.Is(err, errTimeout) {
		err = fmt.Errorf("%w; %s", err, last(c.Tail()))
	}
	return err
}
