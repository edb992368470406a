package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/assay-bench/assay/core/internal/fakeresult"
	"github.com/assay-bench/assay/core/record"
)

const root = "../.."

// elsewhere are the documented commands that CI does not run, each with its reason.
var elsewhere = map[string]string{
	"make check":  "CI runs its parts one by one",
	"go mod tidy": "asks for modules that nothing builds; the script has those that the repository uses",
	"go test .":   "of a new plugin, measures for 15 seconds; the script runs it with -short",
	"make help":   "prints the Makefile",
	"assay run experiments/pull-request --var base=main --summary summary.md": "measures for a minute, and wants a main; pull_request.txtar does the same in a repository of its own",
	"make method-study":               "computes for minutes; its tables are held by a test of core/internal/methodstudy",
	"make session-study":              "measures for half an hour",
	"make chaos N=500 SEED=1":         "runs for 20 minutes",
	"make arm-cost MLX=mlx-env":       "measures for a minute; a test of core/internal/armcost reads a document",
	"make hostile":                    "runs for minutes; what CI draws of make chaos has some of it",
	"make fuzz":                       "runs for 20 minutes; CI runs one target",
	"go test ./metal/kernels -update": "writes the tables of docs/kernels.md, which make test holds",
	"go test ./metal/quant ./metal/kernels ./metal/devicetest ./plugins/internal/moe":                        "make test runs them with the others",
	"go test ./metal/kernels ./metal/cpu ./metal/devicetest":                                                 "make test runs them with the others",
	"go test ./core/judge ./core/config ./core/record ./core/rejudge ./core/report":                          "make test runs them with the others",
	"go test ./metal/... ./core/config ./core/sdk/...":                                                       "make test runs them with the others",
	"go test ./metal/devicetest -run TestDevices -devices NAME":                                              "make test runs the devices that are there, make test-sim the simulator",
	"go test ./core/record -run TestSchemaIsCurrent -update":                                                 "writes the schemas, which make test holds",
	"go test ./core/config -run TestWrong -update":                                                           "writes the expected messages, which make test holds",
	"go test ./core/report -update":                                                                          "writes the expected output, which make test holds",
	"go test ./metal/cuda -run '^$' -bench Tiles -benchtime 1x":                                              "needs an NVIDIA GPU",
	"go test ./metal/devicetest -devices apple -v":                                                           "needs a Mac",
	"assay run --var shapes=tiny --var device=cpu --only mlx_gather_qmm_swiglu experiments/mlx":              "needs MLX; make test-foreign validates it and measures such arms for one round",
	"assay run --var old=old --var new=new --var model=checkpoint --var device=cpu experiments/mlx/versions": "needs two MLX; make test-foreign validates it and measures such arms for one round",
}

var (
	commandStart = regexp.MustCompile(`^(bin/)?assay [^{]|^make |^go `)
	comment      = regexp.MustCompile(`\s+#.*$`)
	codeSpan     = regexp.MustCompile("`([^`]+)`")
	scriptLine   = regexp.MustCompile(`(?m)^(?:exec|status [0-9,]+) ((?:assay|go) .*)$`)
)

// TestDocs runs the commands of the documentation.
func TestDocs(t *testing.T) {
	t.Parallel()
	plugins := bad(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/docs", RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error { return setUpDocs(e, plugins) },
		Cmds:  map[string]func(*testscript.TestScript, bool, []string){"status": wantStatus, "made-result": madeResult, "plugins": installPlugins},
		Condition: func(string) (bool, error) {
			return exec.Command("python3", "-c", sdkNeeds).Run() == nil, nil
		},
	})
}

// sdkNeeds is what the SDK for Python needs.
const sdkNeeds = `import sys, grpc, google.protobuf as p; assert sys.version_info >= (3, 10) and int(p.__version__.split(".")[0]) >= 5`

// setUpDocs gives a script the repository as $REPO and the examples of
// docs/plugins.md as files.
func setUpDocs(e *testscript.Env, plugins string) error {
	repo, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	for name, value := range map[string]string{
		"REPO": repo, "ASSAY_PLUGIN_DIR": plugins, "CGO_ENABLED": "0", "NO_COLOR": "1",
		"ASSAY_LOCK":     filepath.Join(e.WorkDir, "measuring.lock"),
		"ASSAY_HISTORY":  filepath.Join(e.WorkDir, "history.jsonl"),
		"XDG_CACHE_HOME": filepath.Join(e.WorkDir, ".cache"),
		"XDG_STATE_HOME": filepath.Join(e.WorkDir, ".state"),
	} {
		e.Setenv(name, value)
	}
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOFLAGS"} {
		value, err := exec.Command("go", "env", name).Output()
		if err != nil {
			return err
		}
		e.Setenv(name, strings.TrimSpace(string(value)))
	}
	page, err := os.ReadFile(filepath.Join(root, "docs/plugins.md"))
	if err != nil {
		return err
	}
	for file, fence := range map[string]string{"add.hcl": "hcl", "assay-plugin-pyadd": "python"} {
		_, text, _ := strings.Cut(string(page), "```"+fence+"\n")
		text, _, _ = strings.Cut(text, "```")
		if err := os.WriteFile(filepath.Join(e.WorkDir, file), []byte(text), 0o755); err != nil {
			return err
		}
	}
	return nil
}

// madeResult writes the document of a session that was not measured: "fused" at
// SPEED of the baseline's speed in decode, 1.02 where none is given, in the N-th
// session of an experiment: made-result FILE [SPEED [N]].
func madeResult(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 3 {
		ts.Fatalf("usage: made-result FILE [SPEED [N]]")
	}
	var o fakeresult.Options
	if len(args) > 1 {
		speed, err := strconv.ParseFloat(args[1], 64)
		ts.Check(err)
		o.Variants, o.Order = map[string]float64{"fused": speed}, []string{"fused"}
	}
	if len(args) > 2 {
		n, err := strconv.Atoi(args[2])
		ts.Check(err)
		o.Started = time.Date(2026, 3, n, 12, 0, 0, 0, time.UTC)
		o.Seed, o.Session = uint64(n), o.Started.Format("20060102T150405Z")+"-0a0b0c"
	}
	r, err := fakeresult.New(o)
	ts.Check(err)
	file := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(filepath.Dir(file), 0o755))
	ts.Check(record.WriteResult(file, r, nil))
}

// Every command that the documentation shows is run by a script, by CI, or
// stands in the list of those that are not, with the reason.
func TestDocumentedCommandsAreRun(t *testing.T) {
	ci, makefile := read(t, ".ci/run"), read(t, "Makefile")
	var scripts [][]string
	for _, file := range glob(t, "core/cli/testdata/*/*.txtar") {
		for _, m := range scriptLine.FindAllStringSubmatch(read(t, file), -1) {
			scripts = append(scripts, strings.Fields(strings.ReplaceAll(m[1], "$WORK/", "")))
		}
	}
	shown := map[string]bool{}
	for _, page := range slices.Concat(glob(t, "*.md"), glob(t, "docs/*.md"), glob(t, "plugins/*/README.md")) {
		for _, command := range commandsOf(read(t, page)) {
			words := strings.Fields(command)
			shown[command] = true
			if words[0] == "make" && !strings.Contains(makefile, "\n"+words[1]+":") {
				t.Errorf("%s: %s: the Makefile has no such target", page, command)
			}
			if bench := after(words, "-bench"); bench != "" && !hasBenchmark(t, words[2], bench) {
				t.Errorf("%s: %s: there is no such benchmark", page, command)
			}
			inCI := words[0] == "make" && regexp.MustCompile(`(?m)^ *step `+regexp.QuoteMeta(command)+`\b`).MatchString(ci)
			inScript := slices.ContainsFunc(scripts, func(s []string) bool { return begins(s, words) })
			if !inCI && !inScript && elsewhere[command] == "" {
				t.Errorf("%s: %s: no script of core/cli/testdata and no line of .ci/run does this", page, command)
			}
		}
	}
	if len(shown) < 25 {
		t.Errorf("%d commands found; is the documentation still there?", len(shown))
	}
	for command := range elsewhere {
		if !shown[command] {
			t.Errorf("%s is listed here, but no page shows it", command)
		}
	}
}

// commandsOf collects what a page tells its reader to type: lines of indented
// blocks and of fences without a language or of a console, and code in the text.
func commandsOf(page string) []string {
	var out []string
	add := func(line string) {
		line = strings.TrimPrefix(strings.TrimSpace(line), "$ ")
		if commandStart.MatchString(line) {
			out = append(out, strings.TrimPrefix(comment.ReplaceAllString(line, ""), "bin/"))
		}
	}
	fenced, language := false, ""
	for _, line := range strings.Split(page, "\n") {
		switch info, fence := strings.CutPrefix(line, "```"); {
		case fence:
			fenced, language = !fenced, info
		case fenced && language != "" && language != "console":
		case fenced || strings.HasPrefix(line, "    "):
			add(line)
		default:
			for _, m := range codeSpan.FindAllStringSubmatch(line, -1) {
				add(m[1])
			}
		}
	}
	return out
}

// begins says that a script's command is the documented one or goes on after
// it; NAME and *.json stand for any word.
func begins(script, shown []string) bool {
	if len(script) < len(shown) {
		return false
	}
	for i, w := range shown {
		if w != script[i] && w != "NAME" && !strings.Contains(w, "*") {
			return false
		}
	}
	return true
}

func after(words []string, flag string) string {
	if i := slices.Index(words, flag); i >= 0 && i+1 < len(words) {
		return words[i+1]
	}
	return ""
}

func hasBenchmark(t *testing.T, folder, name string) bool {
	return slices.ContainsFunc(glob(t, filepath.Join(folder, "*_test.go")), func(file string) bool {
		return regexp.MustCompile(`func Benchmark\w*` + name).MatchString(read(t, file))
	})
}

// glob gives paths below the repository's root.
func glob(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %d files, %v", pattern, len(files), err)
	}
	for i, f := range files {
		files[i], _ = filepath.Rel(root, f)
	}
	return files
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
