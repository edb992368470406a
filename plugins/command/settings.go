package main

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/core/sdk/child"
)

// peakMetric is reported for every program that is started for each sample.
const peakMetric = "peak_host_bytes"

// settings are a configuration that was read and has no fault.
type settings struct {
	Common
	at      string // the block that the program stands in
	serve   bool
	timeout time.Duration
	sources []source // sorted by kind and name
	want    expectation
	peak    bool // the peak memory is reported here, not read from the output
}

// reader collects faults while it reads a configuration.
type reader struct {
	faults []sdk.Diagnostic
}

func (r *reader) fault(path, code, summary, detail string) {
	r.faults = append(r.faults, sdk.Diagnostic{Path: path, Code: code, Summary: summary, Detail: detail})
}

func validate(c Config) []sdk.Diagnostic {
	p, faults := read(c)
	if len(faults) > 0 {
		return faults
	}
	if d := child.Missing(p.at+".before", p.Before, p.Folder); d != nil {
		faults = append(faults, *d)
	}
	if d := child.Missing(p.at+".argv", p.Argv, p.Folder); d != nil {
		d.Warning = d.Warning || len(p.Before) > 0 // which may make it
		faults = append(faults, *d)
	}
	return faults
}

// read is everything that can be said of a configuration without starting
// anything.
func read(c Config) (settings, []sdk.Diagnostic) {
	var r reader
	p := settings{peak: c.Run != nil}
	switch {
	case c.Run != nil && c.Serve != nil:
		r.fault("serve", "two_programs", "run and serve exclude each other", "A program ends by itself (run) or answers until it is told to stop (serve): delete one block.")
		return p, r.faults
	case c.Run != nil:
		p.at, p.Common = "run", c.Run.Common
	case c.Serve != nil:
		p.at, p.Common, p.serve = "serve", c.Serve.Common, true
	default:
		r.fault("", "no_program", "nothing to start", `Write run { argv = ["./bench"] }.`)
		return p, r.faults
	}
	p.timeout = r.program(p.Common, p.at)
	for _, name := range slices.Sorted(maps.Keys(c.Phase)) {
		p.sources = append(p.sources, r.phase(name, c.Phase[name], p.serve))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Metric)) {
		p.sources = append(p.sources, r.metric(name, c.Metric[name], p.serve))
		p.peak = p.peak && name != peakMetric
	}
	if c.Output != nil {
		p.want = r.output(*c.Output)
	}
	return p, r.faults
}

func (r *reader) program(c Common, at string) time.Duration {
	for name, argv := range map[string][]string{"argv": c.Argv, "before": c.Before} {
		switch {
		case len(argv) == 0 && name == "before":
			continue
		case len(argv) == 0 || argv[0] == "":
			r.fault(at+"."+name, "no_executable", "no program", `The first element is the program: `+name+` = ["./bench"].`)
		}
		for _, arg := range argv {
			if strings.ContainsRune(arg, 0) {
				r.fault(at+"."+name, "zero_byte", "an argument has a zero byte", "No program can be given one.")
				break
			}
		}
	}
	timeout, err := time.ParseDuration(c.Timeout)
	if err != nil || timeout <= 0 {
		r.fault(at+".timeout", "bad_timeout", "not a time above 0", `Got "`+c.Timeout+`"; write "30s" or "5m".`)
	}
	return timeout
}

// nameRE is what ratio.NAME can be written with.
var nameRE = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func (r *reader) name(at, name string) {
	if !nameRE.MatchString(name) {
		r.fault(at, "bad_name", "not a name", "Use lower case letters, digits and underscores, beginning with a letter.")
	}
}

func (r *reader) output(o Output) expectation {
	e := expectation{same: o.SameAs != nil}
	if o.Pattern != nil {
		e.pattern = r.regexp("output.pattern", *o.Pattern)
	}
	if !e.same && o.Pattern == nil {
		r.fault("output", "nothing_expected", "nothing is expected", `Write same_as = "baseline", or a pattern.`)
	}
	for i, text := range o.Ignore {
		if re := r.regexp(index("output.ignore", i), text); re != nil {
			e.ignore = append(e.ignore, re)
		}
	}
	return e
}

func (r *reader) regexp(at, text string) *regexp.Regexp {
	re, err := regexp.Compile(text)
	if err != nil {
		r.fault(at, "bad_pattern", "not a regular expression", err.Error()+". In HCL a backslash is written twice: \"\\\\d\".")
		return nil
	}
	return re
}
