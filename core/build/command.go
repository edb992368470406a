package build

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
	"unicode"

	"github.com/assay-bench/assay/core/internal/crash"
	"github.com/assay-bench/assay/core/internal/proctree"
)

// command is one run of a build's command.
type command struct {
	spec   Spec
	dir    string
	env    []string
	log    string
	lock   *os.File // inherited, so that it is held as long as the command lives
	output func(line string)
}

const (
	termGrace  = time.Second // for the command to remove what is half written
	outputPace = time.Second
)

// run ends with the command and all that it started: nothing of a build may still
// run when something is measured.
func (c *command) run(ctx context.Context) error {
	path, ok := find(c.spec.Command[0], c.env)
	if !ok {
		return fmt.Errorf("there is no program %q in $PATH", c.spec.Command[0])
	}
	log, err := os.OpenFile(c.log, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	limit := c.spec.Timeout
	if limit <= 0 {
		limit = defaultTimeout
	}
	cmd := &exec.Cmd{
		Path: path, Args: c.spec.Command, Dir: c.dir, Env: c.env, Stdout: log, Stderr: log,
		ExtraFiles: []*os.File{c.lock},
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	ended := make(chan error, 1)
	crash.Go(func() { ended <- proctree.Run(limited, cmd, termGrace) })
	pace := time.NewTicker(outputPace)
	defer pace.Stop()
	for shown := ""; ; {
		select {
		case err := <-ended:
			if ctx.Err() == nil && limited.Err() != nil {
				return fmt.Errorf("not done after %v, its timeout; a longer `timeout` in the build block allows more", limit)
			}
			return err
		case <-pace.C:
			if lines := lastLines(c.log); len(lines) > 0 && lines[len(lines)-1] != shown {
				shown = lines[len(lines)-1]
				c.output(shown)
			}
		}
	}
}

// lastLines are the last lines of a log that are not blank. The writer of what
// leaves for a terminal makes them fit for one.
func lastLines(path string) []string {
	const most, bytes = 12, 4096
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil
	}
	b := make([]byte, bytes)
	from := max(0, info.Size()-bytes)
	n, _ := f.ReadAt(b, from)
	text := string(b[:n])
	if _, whole, ok := strings.Cut(text, "\n"); ok && from > 0 {
		text = whole
	}
	var out []string
	for _, line := range strings.Split(text, "\n") {
		line = line[strings.LastIndexByte(strings.TrimRight(line, "\r"), '\r')+1:] // as the terminal would show it
		line = strings.TrimRightFunc(line, unicode.IsSpace)
		if line != "" {
			out = append(out, line)
		}
	}
	return out[max(0, len(out)-most):]
}
