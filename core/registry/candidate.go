package registry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	"github.com/assay-bench/assay/core/proto/pluginv1"
)

// describeTimeout bounds `PLUGIN describe`, which does no work to speak of.
const describeTimeout = 10 * time.Second

// folders in the order in which they are looked through: those asked for, the
// project's, the user's, and the one beside the running binary.
func folders(o Options) []string {
	dirs := append([]string{}, o.Dirs...)
	dirs = append(dirs, filepath.Join(".assay", "plugins"))
	if o.Getenv != nil {
		if data := o.Getenv("XDG_DATA_HOME"); data != "" {
			dirs = append(dirs, filepath.Join(data, "assay", "plugins"))
		} else if home := o.Getenv("HOME"); home != "" {
			dirs = append(dirs, filepath.Join(home, ".local", "share", "assay", "plugins"))
		}
	}
	if self, err := os.Executable(); err == nil {
		dirs = append(dirs, filepath.Join(filepath.Dir(self), "plugins"))
	}
	for i, d := range dirs {
		if abs, err := filepath.Abs(d); err == nil {
			dirs[i] = abs
		}
	}
	return dirs
}

func digest(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// describe asks a binary what it is: `PLUGIN describe` prints it as JSON.
func describe(ctx context.Context, path string) (*pluginv1.DescribeResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, describeTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "describe")
	cmd.Env = []string{"PATH=/usr/bin:/bin"}
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("`%s describe` failed: %w%s", filepath.Base(path), err, stderrOf(err))
	}
	var d pluginv1.DescribeResponse
	if err := protojson.Unmarshal(out, &d); err != nil {
		return nil, fmt.Errorf("`%s describe` did not print a description: %w", filepath.Base(path), err)
	}
	return &d, nil
}

func stderrOf(err error) string {
	var exit *exec.ExitError
	if errors.As(err, &exit) && len(exit.Stderr) > 0 {
		return ": " + strings.TrimSpace(string(exit.Stderr))
	}
	return ""
}
