package cli

import (
	"fmt"
	"net/http/httptest"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/assay-bench/assay/core/internal/pack"
	"github.com/assay-bench/assay/core/registry"
	"github.com/assay-bench/assay/core/release"
)

// The scripts in testdata/script are the command line as users meet it: each
// runs the real command, which starts real plugin processes.
func TestMain(m *testing.M) {
	testscript.Main(suite{m}, map[string]func(){
		"ask":     ask,
		"disturb": disturb,
		"assay": func() {
			os.Exit(int(Execute(os.Args[1:], Streams{Out: os.Stdout, Err: os.Stderr, In: os.Stdin}, os.Getenv)))
		},
		"assay-with-a-fault": func() { // as assay, until it asks for its environment
			os.Exit(int(Execute(os.Args[1:], Streams{Out: os.Stdout, Err: os.Stderr}, func(string) string { panic("\x1b[2Jno environment") })))
		},
	})
}

func TestScripts(t *testing.T) {
	t.Parallel()
	// A hang-up that is ignored here, as under nohup, would be so in the scripts.
	hangUp := make(chan os.Signal, 1)
	signal.Notify(hangUp, syscall.SIGHUP)
	t.Cleanup(func() { signal.Stop(hangUp) }) // this function returns before the scripts run
	plugins := bad(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("ASSAY_PLUGIN_DIR", plugins)
			e.Setenv("ASSAY_LOCK", filepath.Join(e.WorkDir, "measuring.lock"))
			e.Setenv("ASSAY_HISTORY", filepath.Join(e.WorkDir, "history.jsonl"))
			e.Setenv("XDG_STATE_HOME", filepath.Join(e.WorkDir, ".state"))
			e.Setenv("XDG_CACHE_HOME", filepath.Join(e.WorkDir, ".cache"))
			e.Setenv("NO_COLOR", "1")
			e.Setenv("PLATFORM", registry.Platform())
			return nil
		},
		Cmds:      map[string]func(*testscript.TestScript, bool, []string){"status": wantStatus, "release": makeRelease, "serve": serveReleases},
		Condition: func(name string) (bool, error) { return name == "root" && os.Geteuid() == 0, nil },
	})
}

// makeRelease makes a release of a plugin: release DIR NAME VERSION BINARY PLATFORM….
func makeRelease(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 5 {
		ts.Fatalf("usage: release DIR NAME VERSION BINARY PLATFORM…")
	}
	ts.Check(pack.Plugin(ts.MkAbs(args[0]), args[1], args[2], ts.MkAbs(args[3]), args[4:]...))
}

// serveReleases serves the releases in DIR/OWNER/REPOSITORY/TAG on loopback, in
// place of github.com: serve DIR.
func serveReleases(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: serve DIR")
	}
	server := httptest.NewServer(pack.Serve(ts.MkAbs(args[0])))
	ts.Defer(server.Close)
	ts.Setenv(release.EnvURL, server.URL)
}

// wantStatus runs assay and holds its exit status: status N command args…, or
// status N,M where either will do.
func wantStatus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N command args…")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if err != nil {
		var code int
		if _, serr := fmt.Sscanf(err.Error(), "exit status %d", &code); serr != nil {
			ts.Fatalf("%v", err)
		}
		got = fmt.Sprint(code)
	}
	if !slices.Contains(strings.Split(args[0], ","), got) {
		ts.Fatalf("%v: exit status %s, want %s", args[1:], got, args[0])
	}
}
