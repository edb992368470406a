package build

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"github.com/assay-bench/assay/core/internal/proctree"
)

// git runs one git command. Variables of the host that would lead it to another
// repository are taken away; nothing is fetched, asked or locked.
func git(ctx context.Context, environ []string, dir string, stdin []byte, args ...string) (string, error) {
	cmd := exec.Command("git", append(safe[:len(safe):len(safe)], args...)...)
	cmd.Dir = dir
	cmd.Env = environ
	cmd.Stdin = bytes.NewReader(stdin)
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	err := proctree.Run(ctx, cmd, 0)
	switch {
	case err == nil:
		return out.String(), nil
	case ctx.Err() != nil:
		return "", ctx.Err()
	case errors.Is(err, exec.ErrNotFound):
		return "", errors.New("git was not found in $PATH: install it, experiments with build blocks need it")
	}
	return "", &gitError{args[0], strings.TrimSpace(complaint.String()), err}
}

// safe are options for repositories of any origin: none of their programs is
// started, neither a monitor of the file system nor a hook.
var safe = []string{"-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "log.showSignature=false"}

// gitEnviron is what git gets of the host's environment.
func gitEnviron(environ []string) []string {
	var out []string
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, "GIT_") || strings.HasPrefix(name, "GIT_CONFIG") || name == "GIT_CEILING_DIRECTORIES" {
			out = append(out, entry)
		}
	}
	return append(out, "LC_ALL=C", "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0",
		"GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none", "GIT_NO_REPLACE_OBJECTS=1")
}

type gitError struct {
	command   string
	complaint string
	err       error
}

func (e *gitError) Error() string {
	if e.complaint == "" {
		return fmt.Sprintf("git %s: %v", e.command, e.err)
	}
	return fmt.Sprintf("git %s: %s", e.command, e.complaint)
}

func (e *gitError) Unwrap() error { return e.err }

// refused says that git ran and answered with an error.
func refused(err error) bool {
	var exit *exec.ExitError
	return errors.As(err, &exit)
}

// fields splits what -z prints.
func fields(out string) []string {
	return strings.FieldsFunc(out, func(r rune) bool { return r == 0 })
}
