package machine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/host"
	"github.com/shirou/gopsutil/v4/mem"

	"github.com/assay-bench/assay/core/internal/proctree"
	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/metal/regular"
)

// Facts of the host. What cannot be read stays empty.
func Facts(ctx context.Context) record.Host {
	h := record.Host{OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.NumCPU(), Flags: []string{}}
	if i, err := host.InfoWithContext(ctx); err == nil {
		h.Hostname, h.Kernel, h.Virtual = i.Hostname, i.KernelVersion, i.VirtualizationSystem
	}
	if c, err := cpu.InfoWithContext(ctx); err == nil && len(c) > 0 {
		h.CPU = c[0].ModelName
		for _, f := range c[0].Flags {
			if strings.HasPrefix(f, "avx") || f == "fma" || f == "f16c" || f == "asimd" || f == "sve" {
				h.Flags = append(h.Flags, f)
			}
		}
	}
	if m, err := mem.VirtualMemoryWithContext(ctx); err == nil {
		h.Memory = int64(m.Total)
	}
	return h
}

// Git says which commit dir is at and whether it differs from it. In a folder
// that was taken out of its repository, such as a bundle's, the file REVISION
// says it, whatever repository the folder lies in now. Without an answer sha is
// nil and reason says why.
// What is written below the folders and files of own, which are assay's, does not
// make a tree dirty.
func Git(ctx context.Context, dir string, own ...string) (sha *string, dirty *bool, reason string) {
	if sha, dirty, ok := revision(dir); ok {
		return &sha, &dirty, ""
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	out, err := output(ctx, dir, "git", "rev-parse", "HEAD")
	if err != nil {
		return nil, nil, fmt.Sprintf("git rev-parse HEAD in %s: %v", dir, err)
	}
	ask := []string{"status", "--porcelain", "--", ":/"}
	top, err := output(ctx, dir, "git", "rev-parse", "--show-toplevel")
	if err != nil {
		return &out, nil, fmt.Sprintf("git rev-parse --show-toplevel: %v", err)
	}
	for _, path := range own {
		if rel, err := filepath.Rel(top, path); err == nil && filepath.IsLocal(rel) && rel != "." {
			ask = append(ask, ":(top,exclude,literal)"+filepath.ToSlash(rel))
		}
	}
	status, err := output(ctx, dir, "git", ask...)
	if err != nil {
		return &out, nil, fmt.Sprintf("git status: %v", err)
	}
	d := status != ""
	return &out, &d, ""
}

// revision reads dir's file REVISION: a commit, and `dirty` behind it if files
// differed from it.
func revision(dir string) (sha string, dirty, ok bool) {
	text, err := regular.Read(filepath.Join(dir, "REVISION"), 1<<10)
	fields := strings.Fields(string(text))
	if err != nil || len(fields) == 0 {
		return "", false, false
	}
	return fields[0], len(fields) > 1 && fields[1] == "dirty", true
}

// MLXVersion asks the machine's Python which mlx it has.
func MLXVersion(ctx context.Context) (version *string, reason string) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	out, err := output(ctx, "", "python3", "-c", "import importlib.metadata as m; print(m.version('mlx'))")
	if err != nil {
		return nil, "python3 on this machine has no mlx, and no process of the session states one"
	}
	return &out, ""
}

func output(ctx context.Context, dir, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	var out, complaint bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &complaint
	err := proctree.Run(ctx, cmd, 0)
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		if said, _, _ := strings.Cut(complaint.String(), "\n"); said != "" {
			err = errors.New(said)
		}
	}
	return strings.TrimSpace(out.String()), err
}

// Self is the running binary.
func Self(version string) record.Binary {
	b := record.Binary{Name: "assay", Version: version, GoVersion: runtime.Version()}
	if path, err := os.Executable(); err == nil {
		if f, err := os.Open(path); err == nil {
			defer f.Close()
			h := sha256.New()
			if _, err := io.Copy(h, f); err == nil {
				b.SHA256 = hex.EncodeToString(h.Sum(nil))
			}
		}
	}
	return b
}
