package main

import (
	"context"
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

//go:embed plugin study.hcl
var files embed.FS

// Refs of the study's repository. All but slower compute the same.
const (
	refBase   = "main"
	refSlower = "slower" // a commit that computes 5.25 % more rows: 0.95 of the speed
	refPatch  = "patch"  // a commit that changes a comment: another build of the same code
	refAgain  = "again"  // another name of the first commit
)

// makeRepository makes a git repository with the plugin, which is built against
// the module in the folder module, and a folder with the experiment beside it.
func makeRepository(ctx context.Context, work, module string) error {
	mod, err := moduleFile(module)
	if err != nil {
		return err
	}
	sums, err := os.ReadFile(filepath.Join(module, "go.sum"))
	if err != nil {
		return err
	}
	source, err := files.ReadFile("plugin/main.go.txt")
	if err != nil {
		return err
	}
	study, err := files.ReadFile("study.hcl")
	if err != nil {
		return err
	}
	repo := filepath.Join(work, "repo")
	if err := write(filepath.Join(work, "study"), "study.hcl", string(study)); err != nil {
		return err
	}
	if err := write(repo, "go.mod", mod); err != nil {
		return err
	}
	if err := write(repo, "go.sum", string(sums)); err != nil {
		return err
	}
	text := string(source)
	slower := strings.Replace(text, "extraRows = 0", "extraRows = 21", 1)
	patch := strings.Replace(text, "on\n// one core.", "on\n// one core. Nothing else changed.", 1)
	if slower == text || patch == text {
		return fmt.Errorf("the plugin's source has not what the study changes")
	}
	git := func(args ...string) error { return run(ctx, repo, "git", args...) }
	if err := git("init", "-q", "-b", refBase); err != nil {
		return err
	}
	for _, c := range []struct{ branch, text string }{{refBase, text}, {refSlower, slower}, {refPatch, patch}} {
		if c.branch != refBase {
			if err := git("checkout", "-q", "-b", c.branch, refBase); err != nil {
				return err
			}
		}
		if err := write(repo, "main.go", c.text); err != nil {
			return err
		}
		if err := git("add", "-A"); err != nil {
			return err
		}
		if err := git("-c", "user.name=study", "-c", "user.email=study@localhost", "commit", "-q", "-m", c.branch); err != nil {
			return err
		}
	}
	return git("branch", refAgain, refBase)
}

var moduleLine = regexp.MustCompile(`(?m)^module .*$`)

// moduleFile is go.mod of a module that needs what this one needs, and this one.
func moduleFile(module string) (string, error) {
	b, err := os.ReadFile(filepath.Join(module, "go.mod"))
	if err != nil {
		return "", fmt.Errorf("run it in the repository of assay: %w", err)
	}
	text, _, _ := strings.Cut(string(b), "\ntool ")
	name, _ := strings.CutPrefix(moduleLine.FindString(text), "module ")
	text = moduleLine.ReplaceAllString(text, "module study")
	return fmt.Sprintf("%s\nrequire %s v0.0.0\n\nreplace %s => %q\n", text, name, name, module), nil
}

func write(dir, name, text string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644)
}

func run(ctx context.Context, dir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return nil
}
