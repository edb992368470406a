// Command mkrelease makes Assay's release: for each platform an archive with the
// host, the bundled plugins and the experiments, and SHA256SUMS of them all. It runs
// in the repository's root; what follows the flags is given to go build.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/assay-bench/assay/core/internal/pack"
	"github.com/assay-bench/assay/core/source"
)

func main() {
	out := flag.String("out", "dist/release", "folder of the release; archives of an older one are taken away")
	plugins := flag.String("plugins", "", "plugins to bundle, separated by spaces")
	platforms := flag.String("platforms", "", "platforms, OS_ARCH, separated by spaces")
	version := flag.String("version", "", "that `assay version` prints")
	flag.Parse()
	if err := release(*out, *version, strings.Fields(*plugins), strings.Fields(*platforms), flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "mkrelease:", err)
		os.Exit(1)
	}
}

func release(out, version string, plugins, platforms, flags []string) error {
	if version == "" || len(plugins) == 0 || len(platforms) == 0 {
		return errors.New("no version, no plugins or no platforms; `make release` names them")
	}
	if err := os.RemoveAll(out); err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	beside, err := besides()
	if err != nil {
		return err
	}
	for _, p := range platforms {
		members, err := built(filepath.Join(out, ".build"), p, plugins, flags)
		if err != nil {
			return err
		}
		name := "assay_v" + version + "_" + p
		archive := filepath.Join(out, name+".tar.gz")
		if err := pack.Archive(archive, under(name, append(members, beside...))); err != nil {
			return err
		}
		if err := os.RemoveAll(filepath.Join(out, ".build")); err != nil {
			return err
		}
		info, err := os.Stat(archive)
		if err != nil {
			return err
		}
		fmt.Fprintf(os.Stdout, "%s  %.1f MiB\n", archive, float64(info.Size())/(1<<20))
	}
	return pack.Sums(out)
}

// built compiles the host and the plugins for a platform into dir.
func built(dir, platform string, plugins, flags []string) ([]pack.Member, error) {
	goos, goarch, ok := strings.Cut(platform, "_")
	if !ok {
		return nil, fmt.Errorf("platform %q is not OS_ARCH", platform)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	args := append([]string{"build"}, flags...)
	args = append(args, "-o", dir+"/", "./core")
	members := []pack.Member{{Name: "bin/assay", Path: filepath.Join(dir, "core"), Mode: 0o755}}
	for _, p := range plugins {
		args = append(args, "./plugins/"+p)
		members = append(members, pack.Member{Name: "bin/plugins/" + source.Prefix + p, Path: filepath.Join(dir, p), Mode: 0o755})
	}
	build := exec.Command("go", args...) //nolint:gosec // of the Makefile
	build.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return nil, fmt.Errorf("platform %s: go build: %w", platform, err)
	}
	return members, nil
}

// besides are the files that go with the programs.
func besides() ([]pack.Member, error) {
	experiments, err := filepath.Glob("experiments/*.hcl")
	if err != nil || len(experiments) == 0 {
		return nil, fmt.Errorf("no experiments here (%w); mkrelease runs in the repository's root", err)
	}
	var out []pack.Member
	for _, f := range append(experiments, "LICENSE", "CHANGELOG.md") {
		out = append(out, pack.Member{Name: filepath.ToSlash(f), Path: f, Mode: 0o644})
	}
	return append(out, pack.Member{Name: "README.md", Path: "scripts/release-README.md", Mode: 0o644}), nil
}

// under puts members into a folder.
func under(folder string, members []pack.Member) []pack.Member {
	out := make([]pack.Member, len(members))
	for i, m := range members {
		m.Name = folder + "/" + m.Name
		out[i] = m
	}
	return out
}
