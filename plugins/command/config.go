package main

import (
	_ "embed"

	"github.com/assay-bench/assay/core/sdk"
)

//go:embed README.md
var readme string

// Config of one arm.
type Config struct {
	Run    *Run              `assay:"run" help:"a program that is started for each sample, or for several if it repeats itself"`
	Serve  *Serve            `assay:"serve" help:"instead of run: a program that is started once and measures what it is asked for, in JSON lines on stdin and stdout"`
	Phase  map[string]Phase  `assay:"phase" label:"name" min:"1" help:"a time or a rate"`
	Metric map[string]Metric `assay:"metric" label:"name" help:"any other figure"`
	Output *Output           `assay:"output" help:"what the output must be"`
	Cold   bool              `assay:"cold" help:"each start finds the caches of compiled kernels and shaders empty; see Warm and cold" default:"false"`
}

// Common is what both ways to start a program have.
type Common struct {
	Argv    []string `assay:"argv" help:"the program and its arguments; no shell. A program with a slash is relative to folder, any other is looked for in $PATH"`
	Folder  string   `assay:"folder" path:"true" help:"folder that it runs in; default: the configuration's" default:"."`
	Before  []string `assay:"before,optional" help:"the argv of another program, run before each start and not timed"`
	Timeout string   `assay:"timeout" help:"longest time that one start, or one answer, may take" default:"5m"`
}

// Run is a program that ends by itself.
type Run struct {
	Common
	Stdin      *string `assay:"stdin" help:"text that it reads; default: nothing"`
	ExitStatus int     `assay:"exit_status" help:"how it must end" default:"0" min:"0" max:"255"`
}

// Serve is a program that answers until it is told to stop.
type Serve struct {
	Common
}

// Phase is a time or a rate.
type Phase struct {
	Pattern *string `assay:"pattern" help:"regular expression (RE2) with one group, the figure; looked for in each line of stdout and stderr"`
	JSON    *string `assay:"json" help:"path to the figure, or a list of them, in JSON on stdout: \"results.0.times\", \"*.avg_ts\""`
	Wall    bool    `assay:"wall" help:"the time from start to end, by the clock of this plugin" default:"false"`
	Unit    *string `assay:"unit" help:"a time (\"s\", \"ms\", \"us\", \"ns\"), a time of one thing (\"ms/tok\") or a rate (\"tok/s\")"`
}

// Metric is any other figure.
type Metric struct {
	Pattern *string `assay:"pattern" help:"as in phase; of several figures in one start the last counts"`
	JSON    *string `assay:"json" help:"as in phase"`
	Unit    string  `assay:"unit,optional" help:"such as \"MB\" or \"%\"; times and rates are phases"`
	Better  *string `assay:"better" help:"which way it improves; without it, only absolute bounds can be set" oneof:"lower,higher"`
	Exact   bool    `assay:"exact" help:"the same in every start, as a count or a size is" default:"false"`
}

// Output is what the output is held against. Figures do not count as output.
type Output struct {
	SameAs  *string  `assay:"same_as" help:"the output must be equal in every start, and equal to the baseline's" oneof:"baseline"`
	Pattern *string  `assay:"pattern" help:"regular expression (RE2) that a line of stdout must match"`
	Ignore  []string `assay:"ignore,optional" help:"regular expressions (RE2): what they match is left out of the comparison"`
}

func plugin() sdk.Plugin[Config] {
	return sdk.Plugin[Config]{
		Name: "command", Version: "0.1.0", Source: "assay/command", Doc: readme,
		NoDevice: true, Declare: declare, Starts: starts, Validate: validate, Prepare: prepare,
	}
}

// starts lists the programs of a configuration.
func starts(c Config) (out []sdk.Command) {
	of := func(p Common) {
		if len(p.Before) > 0 {
			out = append(out, sdk.Command{Argv: p.Before, Folder: p.Folder})
		}
		out = append(out, sdk.Command{Argv: p.Argv, Folder: p.Folder})
	}
	if c.Run != nil {
		of(c.Run.Common)
	}
	if c.Serve != nil {
		of(c.Serve.Common)
	}
	return out
}
