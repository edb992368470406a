package crash

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// The test binary runs itself: with a way to crash in the environment it does so.
func TestMain(m *testing.M) {
	Traceback()
	switch os.Getenv("CRASH") {
	case "main":
		defer Catch()
		panic("out of \x1b[31mtune")
	case "goroutine":
		Go(func() { panic(errors.New("out of tune")) })
		select {}
	case "another's":
		go func() { panic("out of tune") }()
		select {}
	case "runtime":
		var all map[string]int
		go func() { all["x"] = 1 }()
		select {}
	}
	os.Exit(m.Run())
}

func TestACrashHasItsOwnStatus(t *testing.T) {
	for how, want := range map[string]int{"main": 70, "goroutine": 70, "another's": -1, "runtime": -1} {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "CRASH="+how)
		var said strings.Builder
		cmd.Stderr = &said
		err := cmd.Run()
		var ended *exec.ExitError
		if !errors.As(err, &ended) || ended.ExitCode() != want {
			t.Errorf("%s: %v, want status %d", how, err, want)
			continue
		}
		state, _ := ended.Sys().(syscall.WaitStatus)
		if want < 0 && state.Signal() != syscall.SIGABRT {
			t.Errorf("%s: ended by %v, want SIGABRT", how, state.Signal())
		}
		if want == Status && (!strings.Contains(said.String(), "assay: crashed: \"out of") || !strings.Contains(said.String(), "crash_test.go") || strings.ContainsRune(said.String(), 0x1b)) {
			t.Errorf("%s: it says\n%s", how, said.String())
		}
	}
}

// A goroutine that the host starts otherwise would end the process with Go's own
// status when it panics.
func TestGoroutinesOfTheHostAreCaught(t *testing.T) {
	bare := regexp.MustCompile(`(?m)^\s*go [a-zA-Z]`)
	seen := 0
	for _, pattern := range []string{"../../*/*.go", "../../importer/*/*.go", "../atomicfile/*.go", "../proctree/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") || strings.HasPrefix(file, "../../sdk/") {
				continue
			}
			seen++
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if at := bare.FindIndex(text); at != nil {
				t.Errorf("%s:%d: start it with crash.Go", file, 1+strings.Count(string(text[:at[0]]), "\n"))
			}
		}
	}
	if seen < 100 {
		t.Errorf("%d files were looked at", seen)
	}
}
