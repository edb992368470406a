package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/rogpeppe/go-internal/testscript"
	"go.temporal.io/sdk/log"

	"github.com/assay-bench/assay/core/fleet/internal/connect"
	"github.com/assay-bench/assay/core/fleet/internal/fakeassay"
)

const page = "../../../../docs/fleet.md"

// elsewhere are documented commands that no script runs, each with its reason.
var elsewhere = map[string]string{ //nolint:gosec // no password
	"assay-fleet up --database postgres://USER:PASSWORD@HOST:5432/temporal":    "needs PostgreSQL; a test of the server's package holds what it is configured with",
	"assay-fleet worker --class h100 --keys /etc/assay/fleet-keys":             "of a unit of systemd; the scripts run it with another class and file",
	"assay-fleet worker --class m4-max --keys /usr/local/etc/assay/fleet-keys": "of a unit of launchd",
}

// TestScripts runs what docs/fleet.md tells its reader to type.
func TestScripts(t *testing.T) {
	binary := needServer(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			first := ports(t, 10)
			for name, value := range map[string]string{
				"ASSAY_FLEET_SERVER": binary, fakeassay.Env: "0s", "XDG_STATE_HOME": e.WorkDir, "ASSAY_LOCK": filepath.Join(e.WorkDir, "lock"),
				"TEMPORAL_ADDRESS": fmt.Sprintf("127.0.0.1:%d", first), "ASSAY_FLEET_STORE_LISTEN": fmt.Sprintf("127.0.0.1:%d", first+8), "OTHER": fmt.Sprintf("127.0.0.1:%d", first+9),
			} {
				e.Setenv(name, value)
			}
			return os.WriteFile(filepath.Join(e.WorkDir, "certificates.sh"), []byte("set -e\n"+fence(t, "sh")[0]), 0o644)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"serving": serving},
	})
}

// serving waits for a server, over TLS with the certificates of the page if asked for it:
// serving [tls].
func serving(ts *testscript.TestScript, neg bool, args []string) {
	s := connect.Server{Address: ts.Getenv("TEMPORAL_ADDRESS"), Namespace: "default"}
	if len(args) > 0 {
		s.TLS = connect.TLS{CA: ts.MkAbs("ca.pem"), Cert: ts.MkAbs("fleet.pem"), Key: ts.MkAbs("fleet.key"), Name: "fleet"}
	}
	var err error
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		c, derr := s.Dial(context.Background(), log.NewStructuredLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
		if err = derr; err == nil {
			c.Close()
			return
		}
	}
	ts.Fatalf("no server: %v", err)
}

// fence gives the page's fenced blocks of a language.
func fence(t *testing.T, language string) []string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(string(text), -1) {
		out = append(out, m[1])
	}
	return out
}

var (
	typed  = regexp.MustCompile("(?m)^    (assay-fleet .*)$|`(assay-fleet [^`]+)`|^ExecStart=/usr/local/bin/(assay-fleet .*)$")
	plist  = regexp.MustCompile(`<string>([^<]*)</string>`)
	script = regexp.MustCompile(`(?m)^!? ?exec (assay-fleet .*?)( &[a-z0-9]+&)?$`)
)

// documented are the commands of the page.
func documented(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range typed.FindAllStringSubmatch(string(text), -1) {
		out = append(out, strings.Join(m[1:], ""))
	}
	array := regexp.MustCompile(`(?s)<array>.*</array>`).FindString(string(text))
	var words []string
	for _, m := range plist.FindAllStringSubmatch(array, -1) {
		words = append(words, filepath.Base(m[1]))
		if strings.HasPrefix(m[1], "/usr/local/etc") {
			words[len(words)-1] = m[1]
		}
	}
	return append(out, strings.Join(words, " "))
}

// Every command of the page is one that the program takes, and a script runs it.
func TestDocumentedCommands(t *testing.T) {
	files, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var run [][]string
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range script.FindAllStringSubmatch(string(text), -1) {
			run = append(run, strings.Fields(m[1]))
		}
	}
	shown := documented(t)
	if len(shown) < 15 {
		t.Fatalf("%d commands; is the page still there?", len(shown))
	}
	for _, command := range shown {
		words := strings.Fields(command)
		if err := parses(words[1:]); err != nil {
			t.Errorf("%s: %v", command, err)
		}
		if elsewhere[command] == "" && !slices.ContainsFunc(run, func(r []string) bool { return begins(r, words) }) {
			t.Errorf("%s: no script of testdata/script runs it", command)
		}
	}
	for command := range elsewhere {
		if !slices.Contains(shown, command) {
			t.Errorf("%s is listed here, and the page does not show it", command)
		}
	}
}

// placeholder is a word that stands for any.
var placeholder = regexp.MustCompile(`^[A-Z]+$|^0\.0\.0\.0:7233$`)

func begins(ran, shown []string) bool {
	if len(ran) < len(shown) {
		return false
	}
	for i, w := range shown {
		if w != ran[i] && !placeholder.MatchString(w) {
			return false
		}
	}
	return true
}

func parses(args []string) error {
	var g grammar
	parser, err := kong.New(&g, kong.Name("assay-fleet"), kong.Exit(func(int) {}), kong.Writers(io.Discard, io.Discard), kong.BindTo(context.Background(), (*context.Context)(nil)), kong.Bind(&App{}))
	if err != nil {
		return err
	}
	_, err = parser.Parse(args)
	return err
}

// Every subcommand has help, and names its flags.
func TestHelp(t *testing.T) {
	for _, args := range [][]string{{}, {"run", "--help"}, {"worker", "--help"}, {"up", "--help"}, {"attach", "--help"}} {
		var out, errs bytes.Buffer
		app := &App{Streams: Streams{&out, &errs}, Getenv: func(string) string { return "" }, Signals: make(chan os.Signal)}
		if s := Main(context.Background(), app, args); s != 0 || !strings.Contains(out.String(), "Usage: assay-fleet") {
			t.Errorf("%v: status %d: %s%s", args, s, out.String(), errs.String())
		}
	}
}

// What is wrong with a command line is said before anything is reached.
func TestUsage(t *testing.T) {
	t.Chdir(t.TempDir())
	tests := []struct {
		args []string
		want string
	}{
		{[]string{"worker", "--class", "M4 Max", "--anyone"}, "use lower-case letters"},
		{[]string{"worker", "--class", "m4-max"}, "--keys"},
		{[]string{"worker", "--class", "m4-max", "--keys", "absent"}, "assay-fleet key FILE"},
		{[]string{"up", "--address", "0.0.0.0:7233"}, "without certificates whoever reaches it runs programs"},
		{[]string{"up", "--tls-ca", "ca.pem"}, "all four"},
		{[]string{"up", "--state", "s", "--server", "absent"}, "sh scripts/temporal-server.sh"},
		{[]string{"status"}, "holds no run"},
		{[]string{"run", "absent"}, "there is no file or folder absent"},
		{[]string{"run", ".", "--key", "absent"}, "assay-fleet key FILE"},
		{[]string{"run", ".", "--store", "host"}, "http://HOST:PORT"},
	}
	for _, tt := range tests {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			var out, errs bytes.Buffer
			app := &App{Streams: Streams{&out, &errs}, Getenv: func(string) string { return "" }, Signals: make(chan os.Signal)}
			if s := Main(context.Background(), app, tt.args); s != badUsage || !strings.Contains(errs.String(), tt.want) {
				t.Errorf("status %d: %s", s, errs.String())
			}
		})
	}
}
