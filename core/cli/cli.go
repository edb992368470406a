package cli

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	kongcompletion "github.com/jotaen/kong-completion"

	"github.com/assay-bench/assay/core/scaffold"
)

// Version of assay.
const Version = "0.1.0"

// grammar is the command line.
type grammar struct {
	PluginDir  []string `name:"plugin-dir" env:"ASSAY_PLUGIN_DIR" type:"path" placeholder:"DIR" help:"Look for plugins in this folder first; may be given more than once."`
	AllowFiles []string `name:"allow-files" env:"ASSAY_ALLOW_FILES" type:"path" placeholder:"DIR" help:"Let file() in configurations read in this folder too; may be given more than once."`
	LogLevel   string   `name:"log-level" enum:"trace,debug,info,warn,error,off" default:"warn" env:"ASSAY_LOG" help:"Log lines of host and plugins to show: ${enum}."`
	NoColor    bool     `name:"no-color" env:"NO_COLOR" help:"No colours."`

	Annotate bool `name:"annotate" negatable:"" env:"GITHUB_ACTIONS" help:"Print faults of files, and what decided verdicts, as GitHub's annotations."`

	PrintVersion kong.VersionFlag `name:"version" help:"Print the version."`

	Fmt      fmtCommand      `cmd:"" help:"Put HCL files into the canonical layout."`
	Init     initCommand     `cmd:"" help:"Install the plugins that experiments require, and pin them."`
	Validate validateCommand `cmd:"" help:"Check experiments as far as possible without a device."`
	Plan     planCommand     `cmd:"" help:"Show what a run would measure, and how long it takes."`
	Build    buildCommand    `cmd:"" help:"Build what experiments are built from, into the cache."`
	Run      runCommand      `cmd:"" help:"Measure experiments and judge them."`
	Show     showCommand     `cmd:"" help:"Show result documents."`
	Report   reportCommand   `cmd:"" help:"Write result documents as pages for a browser."`
	Serve    serveCommand    `cmd:"" help:"Show result documents, and sessions that are being measured, in a browser of this machine."`
	Export   exportCommand   `cmd:"" help:"Write result documents for other tools: CSV, JSON rows, benchstat, ZMLX's ledger."`
	Resume   resumeCommand   `cmd:"" help:"Go on with a session that was interrupted or killed."`
	Recover  recoverCommand  `cmd:"" help:"Make result documents from the journal of a session that was killed."`
	Explain  explainCommand  `cmd:"" help:"Judge a result document again from its raw samples, and show how each verdict comes about."`
	Compare  compareCommand  `cmd:"" help:"Set two result documents side by side, by what two sessions can say of each other."`
	Promote  promoteCommand  `cmd:"" help:"Write a result into a Markdown file once it is stable, and say what is missing until then."`
	Import   importCommand   `cmd:"" help:"Read the records of other tools into a history document, and say what they can support."`
	History  historyCommand  `cmd:"" help:"Show what earlier sessions learned of this machine's noise."`
	Schema   schemaCommand   `cmd:"" help:"Print a JSON Schema: of result documents or of a plugin's configuration."`
	Trust    trustCommand    `cmd:"" help:"Let the plugins that a folder brings be started."`
	Doctor   doctorCommand   `cmd:"" help:"Check this machine: devices, plugins, tools."`
	Plugin   pluginCommand   `cmd:"" help:"Begin, list, check and try plugins, print their documentation."`
	Version  versionCommand  `cmd:"" help:"Print the version."`
	Help     helpCommand     `cmd:"" help:"Print what a command does and which flags it has."`

	Completion kongcompletion.Completion `cmd:"" help:"Print how to complete commands and flags in bash, zsh or fish."`

	ProbeDevice probeCommand `cmd:"" hidden:"" help:"Print what is known of a device as JSON."`
	VisitHost   visitHost    `cmd:"" hidden:"" help:"Be the host of one visit, for plugin check."`
}

// variables of the grammar's tags.
func variables() kong.Vars {
	return kong.Vars{"version": "assay " + Version, "languages": strings.Join(scaffold.Languages(), ",")}
}

// Main runs one command and returns the exit status.
func Main(ctx context.Context, args []string, streams Streams, getenv func(string) string) Status {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	gone := func() { cancel(&Interrupt{syscall.SIGPIPE}) }
	out := &output{Writer: streams.Out, gone: gone}
	faults := &output{Writer: streams.Err, gone: gone}
	defer faults.end()
	streams = Streams{Out: out, Err: faults, In: streams.In}
	app := &App{Streams: streams, Getenv: getenv}
	var g grammar
	exited := -1
	parser, err := kong.New(&g,
		kong.Name("assay"),
		kong.Description("Experiments on GPU kernels and LLM decode whose verdicts can be trusted."),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Writers(out, streams.Err),
		kong.Exit(func(code int) { exited = code }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(app, &g),
		variables(),
	)
	if err != nil {
		fmt.Fprintln(streams.Err, "assay:", err)
		return BadUsage
	}
	if getenv("COMP_LINE") != "" { // a shell asks how its line may go on
		kongcompletion.Register(parser)
		return max(Status(exited), Passed)
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(longFlags(args))
	if err == nil && exited < 0 && g.Help.asked(command) {
		command, err = parser.Parse(append(g.Help.Command, "--help"))
	}
	if exited >= 0 {
		return Status(exited) // help was printed
	}
	if err != nil && !strings.HasPrefix(args[0], "-") {
		if tool := app.asTool(ctx, parser, &g, args); tool != nil {
			command, err = tool, nil
		}
	}
	if err != nil {
		parser.Errorf("%s (assay --help lists commands and flags)", err)
		return BadUsage
	}
	app.configure(&g)
	for _, f := range command.Flags() {
		app.json = app.json || f.Name == "json" && f.Target.Bool()
	}
	err = untilInterrupted(ctx, func() error { return command.Run() }, app.orderly.Load, time.After)
	var shown told
	if err != nil && !errors.As(err, &shown) && (out.failure() == nil || !errors.Is(err, out.failure())) {
		err = app.fail(ctx, err)
	}
	out.end()
	if out.lost() {
		fmt.Fprintf(streams.Err, "assay: the output was lost: %v\n", out.failure())
		return Unwritten
	}
	if !errors.As(err, &shown) {
		return Passed
	}
	return Status(shown)
}

var longFlag = regexp.MustCompile(`^-[a-z][a-z-]+(=|$)`)

// longFlags lets flags be written with one dash as well, -var as --var: users
// come from tools that want one and from tools that want two.
func longFlags(args []string) []string {
	out := make([]string, len(args))
	for i, a := range args {
		if a == "--" {
			copy(out[i:], args[i:])
			break
		}
		if out[i] = a; longFlag.MatchString(a) {
			out[i] = "-" + a
		}
	}
	return out
}

// helpCommand is `assay help COMMAND`, which is `assay COMMAND --help`.
type helpCommand struct {
	Command []string `arg:"" optional:"" help:"The command."`
}

func (c *helpCommand) asked(by *kong.Context) bool {
	return by.Selected() != nil && by.Selected().Target.Addr().Interface() == any(c)
}

type versionCommand struct {
	JSON bool `name:"json" help:"Print JSON."`
}

func (c *versionCommand) Run(app *App) error {
	if c.JSON {
		return app.printJSON(map[string]string{"version": Version})
	}
	fmt.Fprintln(app.Out, "assay", Version)
	return nil
}
