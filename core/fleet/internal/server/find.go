package server

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
)

// Binary is a server's program.
type Binary struct {
	Path    string
	CLI     bool   // it is Temporal's command line, which has a server for development
	Version string // of the server
}

// Advice says how to get a binary.
const Advice = "`brew install temporal` (or the archive of github.com/temporalio/cli's releases) has a server for a lab; for certificates or PostgreSQL, build the server's own program, which takes some minutes and 4 GB of memory: `sh scripts/temporal-server.sh FOLDER`"

var versions = []*regexp.Regexp{
	regexp.MustCompile(`Server (\d+\.\d+\.\d+)`),            // temporal version 1.9.1 (Server 1.32.0, UI 2.50.0)
	regexp.MustCompile(`^temporal version (\d+\.\d+\.\d+)`), // of the server's own program
}

// Find looks for a server's program: the one named, else temporal-server and temporal
// in $PATH. The second cannot have certificates or another database than SQLite.
func Find(ctx context.Context, named string, needsServer bool) (Binary, error) {
	names := []string{"temporal-server", "temporal"}
	if named != "" {
		names = []string{named}
	}
	for _, name := range names {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		b, err := ask(ctx, path)
		if err != nil {
			return Binary{}, err
		}
		if b.CLI && needsServer {
			if named == "" {
				continue
			}
			return Binary{}, fmt.Errorf("%s is Temporal's command line, whose server takes no certificates and no database but SQLite: %s", path, Advice)
		}
		return b, nil
	}
	return Binary{}, fmt.Errorf("there is no server: %s is not in $PATH. %s", strings.Join(names, " or "), Advice)
}

func ask(ctx context.Context, path string) (Binary, error) {
	out, err := exec.CommandContext(ctx, path, "--version").CombinedOutput()
	if err != nil {
		return Binary{}, fmt.Errorf("%s --version: %w: %s", path, err, strings.TrimSpace(string(out)))
	}
	for i, v := range versions {
		if m := v.FindSubmatch(out); m != nil {
			return Binary{Path: path, CLI: i == 0, Version: string(m[1])}, nil
		}
	}
	return Binary{}, errors.New(path + " --version does not say which version it has: it is no server of Temporal")
}
