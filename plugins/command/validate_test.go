package main

import (
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/sdk/sdktest"
)

func TestWrongConfigurations(t *testing.T) {
	argv := object{"argv": []string{"sh"}}
	phases := object{"decode": object{"pattern": "(.)", "unit": "t/s"}}
	phase := func(p object) object { return object{"run": argv, "phase": object{"decode": p}} }
	metric := func(m object) object {
		return object{"run": argv, "phase": phases, "metric": object{"peak": m}}
	}
	output := func(o object) object { return object{"run": argv, "phase": phases, "output": o} }
	for _, tt := range []struct {
		name   string
		config object
		at     string // name and key of the argument
		says   string
	}{
		{"no program", object{"phase": phases}, "", "run { argv"},
		{"two programs", object{"run": argv, "serve": argv, "phase": phases}, "serve", "exclude each other"},
		{"empty argv", object{"run": object{"argv": []string{}}, "phase": phases}, "run.argv", "first element is the program"},
		{"empty program", object{"run": object{"argv": []string{"", "x"}}, "phase": phases}, "run.argv", "first element is the program"},
		{"zero byte", object{"run": object{"argv": []string{"x", "a\x00"}}, "phase": phases}, "run.argv", "zero byte"},
		{"no such program", object{"run": object{"argv": []string{"./nowhere"}}, "phase": phases}, "run.argv.0", "started in "},
		{"no such program in a folder", object{"run": object{"argv": []string{"./nowhere"}, "folder": "/"}, "phase": phases}, "run.argv.0", "started in /."},
		{"no such script", object{"serve": object{"argv": []string{"sh", "nowhere.sh"}}, "phase": object{"a": object{}}}, "serve.argv.1", "nowhere.sh does not exist"},
		{"may be made", object{"run": object{"argv": []string{"./nowhere"}, "before": []string{"sh"}}, "phase": phases}, "run.argv.0", "no such file"},
		{"unit of another tool", phase(object{"pattern": "(.)", "unit": "msec"}), "phase.decode.unit", `Did you mean "ms"?`},
		{"unit with a rate", phase(object{"pattern": "(.)", "unit": "tok/sec"}), "phase.decode.unit", `Did you mean "tok/s"?`},
		{"empty before", object{"run": object{"argv": []string{"x"}, "before": []string{""}}, "phase": phases}, "run.before", "first element is the program"},
		{"timeout", object{"run": object{"argv": []string{"x"}, "timeout": "soon"}, "phase": phases}, "run.timeout", `"soon"`},
		{"no time at all", object{"serve": object{"argv": []string{"x"}, "timeout": "0s"}, "phase": object{"a": object{}}}, "serve.timeout", "above 0"},
		{"name", object{"run": argv, "phase": object{"De code": object{"wall": true}}}, "phase.De code", "lower case letters"},
		{"no source", phase(object{"unit": "s"}), "phase.decode", "pattern"},
		{"two sources", phase(object{"unit": "s", "pattern": "(.)", "json": "a"}), "phase.decode", "exactly one"},
		{"wall and a pattern", phase(object{"wall": true, "pattern": "(.)"}), "phase.decode", "wall is a time of its own"},
		{"wall and a unit", phase(object{"wall": true, "unit": "s"}), "phase.decode", "wall is a time of its own"},
		{"no unit", phase(object{"pattern": "(.)"}), "phase.decode", `unit = "tok/s"`},
		{"unit of a metric", phase(object{"pattern": "(.)", "unit": "MB"}), "phase.decode.unit", `Got "MB"`},
		{"no group", phase(object{"pattern": ".", "unit": "s"}), "phase.decode.pattern", "0 groups"},
		{"two groups", phase(object{"pattern": "(a|b)(.)", "unit": "s"}), "phase.decode.pattern", "(?:…)"},
		{"no regular expression", phase(object{"pattern": "(", "unit": "s"}), "phase.decode.pattern", "missing closing"},
		{"empty step", phase(object{"json": "a..b", "unit": "s"}), "phase.decode.json", "empty step"},
		{"a time is a phase", metric(object{"pattern": "(.)", "unit": "ms"}), "metric.peak.unit", `Write phase "peak"`},
		{"a rate is a phase", metric(object{"pattern": "(.)", "unit": "GB/s"}), "metric.peak.unit", `Write phase "peak"`},
		{"served figures", object{"serve": argv, "phase": phases}, "phase.decode", "answers with its times"},
		{"served metrics", object{"serve": argv, "phase": object{"a": object{}}, "metric": object{"peak": object{"json": "a"}}}, "metric.peak", "answers with its metrics"},
		{"nothing expected", output(object{}), "output", "same_as"},
		{"ignore", output(object{"pattern": "x", "ignore": []string{"x", "("}}), "output.ignore.1", "missing closing"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found := sdktest.Start(t, plugin()).Validate(encode(tt.config))
			if len(found) != 1 {
				t.Fatalf("%d diagnostics: %v", len(found), found)
			}
			if at := pathOf(found[0].GetPath()); at != tt.at {
				t.Errorf("at %q, want %q", at, tt.at)
			}
			if said := found[0].GetSummary() + ": " + found[0].GetDetail(); !strings.Contains(said, tt.says) {
				t.Errorf("%q lacks %q", said, tt.says)
			}
		})
	}
}

func pathOf(steps []*pluginv1.PathStep) string {
	var out []string
	for _, s := range steps {
		switch s := s.GetStep().(type) {
		case *pluginv1.PathStep_Name:
			out = append(out, s.Name)
		case *pluginv1.PathStep_Key:
			out = append(out, s.Key)
		case *pluginv1.PathStep_Index:
			out = append(out, string(rune('0'+s.Index)))
		}
	}
	return strings.Join(out, ".")
}
