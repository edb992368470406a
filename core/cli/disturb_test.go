package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// disturbPatience bounds every wait of a script for a command, so that one that
// hangs fails its test and is gone, also when nobody waits for the test any more.
const disturbPatience = 2 * time.Minute

// disturb is a command of the scripts:
//
//	disturb SIGNAL,…|ACTION TIMES REGEXP FILE -- COMMAND ARGS…
//
// It runs a command, waits until so many lines of a file, whose name may be a
// pattern, match, and sends it the signals, or does something that a shell can. It
// prints the command's exit status, as a shell has it. What the command prints is
// in out and errors.
func disturb() {
	if err := runDisturbed(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "disturb:", err)
		os.Exit(1)
	}
}

var signals = map[string]syscall.Signal{"HUP": syscall.SIGHUP, "INT": syscall.SIGINT, "KILL": syscall.SIGKILL, "TERM": syscall.SIGTERM}

func runDisturbed(args []string) error {
	if len(args) < 6 || args[4] != "--" {
		return errors.New("usage: disturb SIGNAL,…|ACTION TIMES REGEXP FILE -- COMMAND ARGS…")
	}
	times, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	line, err := regexp.Compile(args[2])
	if err != nil {
		return err
	}
	cmd, ended, err := inFiles(args[5:])
	if err != nil {
		return err
	}
	defer cmd.Process.Kill() //nolint:errcheck // it has ended, or hangs
	late := time.After(disturbPatience)
	for matches(line, args[3]) < times {
		select {
		case <-ended:
			return fmt.Errorf("%s ended with %v before %q was %d times in %s", args[5], cmd.ProcessState, args[2], times, args[3])
		case <-late:
			return fmt.Errorf("%q was not %d times in %s within %v", args[2], times, args[3], disturbPatience)
		case <-time.After(20 * time.Millisecond):
		}
	}
	if err := act(args[0], cmd.Process); err != nil {
		return err
	}
	select {
	case <-ended:
	case <-late:
		return fmt.Errorf("%s did not end within %v after %s", args[5], disturbPatience, args[0])
	}
	status := cmd.ProcessState.ExitCode()
	if w, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		status = 128 + int(w.Signal())
	}
	fmt.Println("status", status)
	return nil
}

// act sends signals, or lets a shell do something.
func act(what string, to *os.Process) error {
	for name := range strings.SplitSeq(what, ",") {
		s, ok := signals[name]
		if !ok {
			return exec.Command("/bin/sh", "-c", what).Run()
		}
		if err := to.Signal(s); err != nil {
			return err
		}
	}
	return nil
}

// inFiles starts a command that prints to the files out and errors.
func inFiles(args []string) (cmd *exec.Cmd, ended chan struct{}, err error) {
	out, err := os.Create("out")
	if err != nil {
		return nil, nil, err
	}
	defer out.Close()
	errs, err := os.Create("errors")
	if err != nil {
		return nil, nil, err
	}
	defer errs.Close()
	cmd = exec.Command(args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = out, errs
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	ended = make(chan struct{})
	go func() {
		_ = cmd.Wait() // the state says more
		close(ended)
	}()
	return cmd, ended, nil
}

// matches counts the lines that match in the files of a pattern.
func matches(line *regexp.Regexp, pattern string) (n int) {
	files, _ := filepath.Glob(pattern)
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		for l := range bytes.Lines(b) {
			if line.Match(l) {
				n++
			}
		}
		if len(b) == 0 && line.MatchString("") {
			n++ // that it is there is enough
		}
	}
	return n
}
