package report

import (
	"io"
	"path/filepath"
	"strings"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/plan"
)

// programs lists what a run of the experiment would start.
func programs(w io.Writer, e *plan.Experiment, s Style) {
	for _, b := range e.Builds {
		ref, state := b.Ref, "in the cache"
		if ref == "" {
			ref = "the working tree"
		}
		if !b.Built {
			state = "to be built"
		}
		s.say(w, "  ", "builds %s of %s at %s for %s, %s%s", ref, b.Repo, commit(b.Commit), strings.Join(b.Variants, ", "), state, environment(b.Env, nil))
		s.say(w, "         ", "%s in %s", strings.Join(b.Command, " "), b.Dir)
	}
	for _, p := range e.Programs {
		path := p.Path
		if path == "" {
			path = "an executable that is not there yet"
		}
		who := ""
		if len(e.Programs) > 1 {
			who = " on " + p.Device + " for " + strings.Join(p.Variants, ", ")
		}
		s.say(w, "  ", "starts %s%s%s", filepath.ToSlash(path), who, environment(p.Env, p.Inherit))
	}
	for _, c := range e.Commands {
		s.say(w, "         ", "which starts %q for %s", c.Argv, strings.Join(c.Variants, ", "))
	}
	most := 0
	for _, c := range e.Cases {
		most = max(most, c.Processes)
	}
	switch {
	case e.Residency == config.Turns:
		s.say(w, "  ", "one process per visit, up to %d a round, the control included", most)
	case most > 1:
		s.say(w, "  ", "one process per arm, up to %d a round, the control included", most)
	}
}

// environment names the variables that are given or passed on.
func environment(env, inherit []string) string {
	out := ""
	if len(env) > 0 {
		out += ", env " + strings.Join(env, " ")
	}
	if len(inherit) > 0 {
		out += ", inherits " + strings.Join(inherit, " ")
	}
	return out
}

// commit shortens both parts of "COMMIT+TREE".
func commit(name string) string {
	const most = 10
	parts := strings.Split(name, "+")
	for i, p := range parts {
		parts[i] = p[:min(len(p), most)]
	}
	return strings.Join(parts, "+")
}
