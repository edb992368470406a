package page

import (
	"cmp"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
)

// facts are a list of what is known of one thing.
type facts struct {
	Title string
	Rows  []fact
}

type fact struct{ Name, Value string }

func (f *facts) add(name, value string) {
	if value != "" {
		f.Rows = append(f.Rows, fact{name, value})
	}
}

// command is a line to type, and what it does.
type command struct{ Line, Does string }

func factsOf(r *record.Result) []facts {
	out := []facts{sessionFacts(r), methodFacts(r), softwareFacts(r), machineFacts(r)}
	for i, p := range r.Programs {
		f := facts{Title: fmt.Sprintf("Program %d", i+1)}
		f.add("runs for", strings.Join(armsOfProgram(r, i), ", "))
		f.add("plugin", strings.TrimSpace(p.Plugin.Name+" "+p.Plugin.Version))
		f.add("sha256", p.Plugin.SHA256)
		f.add("device", fmt.Sprintf("%s:%d", cmp.Or(p.Kind, p.Device), p.Index))
		if b := p.Build; b != nil {
			f.add("built from", strings.TrimSpace(b.Repo+" "+b.Ref))
			f.add("commit", b.Commit)
			f.add("built by", shell(b.Command))
		}
		for _, e := range p.Environment {
			if e.Source == "experiment" {
				f.add("environment", e.Name+"="+e.Value)
			}
		}
		out = append(out, f)
	}
	if len(r.Files) > 0 {
		f := facts{Title: "Files that the arms name"}
		for _, n := range r.Files {
			f.add(n.Path, cmp.Or(n.SHA256, n.Unread))
		}
		out = append(out, f)
	}
	return out
}

func armsOfProgram(r *record.Result, program int) (out []string) {
	seen := map[string]bool{}
	for i := range r.Cases {
		for _, v := range r.Cases[i].Variants {
			if v.Program == program && !seen[v.Name] {
				seen[v.Name] = true
				out = append(out, v.Name)
			}
		}
	}
	return out
}

func sessionFacts(r *record.Result) facts {
	f := facts{Title: "Session"}
	f.add("session", r.Session.ID)
	f.add("started", moment(r.Session.Started))
	f.add("ended", moment(r.Session.Ended))
	f.add("status", string(r.Status))
	f.add("seed", fmt.Sprint(r.Session.Seed))
	if o := r.Session.Overhead; o.Wall > 0 {
		f.add("wall time", time.Duration(o.Wall).Round(time.Second).String())
		f.add("in samples and warm-up", judge.Percent(float64(o.Visits)/float64(o.Wall)))
	}
	for _, again := range r.Session.Resumptions {
		f.add("resumed", moment(again.Time))
	}
	for _, s := range r.Stored {
		f.add("stored baseline "+s.Name, s.File+", session "+s.Session)
	}
	return f
}

func methodFacts(r *record.Result) facts {
	m := r.Experiment.Measure
	f := facts{Title: "Method"}
	f.add("rounds", roundsOf(r))
	f.add("visit", time.Duration(m.Visit).String())
	f.add("samples of a visit, passes", fmt.Sprintf("%d, %d", m.Samples, m.Passes))
	f.add("confidence", judge.Percent(m.Confidence))
	f.add("cache", m.Cache)
	f.add("inputs", m.Inputs)
	f.add("residency", m.Residency)
	f.add("looks", fmt.Sprint(len(r.Plan.Looks)))
	return f
}

func softwareFacts(r *record.Result) facts {
	m := r.Metadata
	f := facts{Title: "Software and model"}
	f.add("assay", strings.TrimSpace(m.Assay.Version+" "+m.Assay.GoVersion))
	f.add("assay sha256", m.Assay.SHA256)
	f.add("plugin", strings.TrimSpace(m.Plugin.Name+" "+m.Plugin.Version))
	f.add("plugin sha256", m.Plugin.SHA256)
	f.add("SDK", m.Plugin.SDK)
	f.add("git commit", gitOf(m))
	f.add("MLX", orReason(m.MLXVersion, m.MLXReason))
	if m.Model != nil {
		f.add("model", *m.Model)
	}
	for _, list := range []struct {
		name   string
		values []string
	}{{"bits", m.Bits}, {"group size", m.GroupSize}, {"dtype", m.DType}, {"epsilon", m.Epsilon}, {"threadgroup", m.Threadgroup}} {
		f.add(list.name, strings.Join(list.values, ", "))
	}
	for _, name := range sorted(r.Experiment.Metadata) {
		f.add(name, string(r.Experiment.Metadata[name]))
	}
	return f
}

func gitOf(m record.Metadata) string {
	text := orReason(m.GitSHA, m.GitReason)
	if m.GitDirty != nil && *m.GitDirty {
		text += ", with uncommitted changes"
	}
	return text
}

func orReason(known *string, reason string) string {
	if known != nil {
		return *known
	}
	if reason == "" {
		return ""
	}
	return "not known: " + reason
}

func machineFacts(r *record.Result) facts {
	d, h := r.Metadata.Device, r.Metadata.Host
	f := facts{Title: "Machine and device"}
	f.add("device", strings.TrimSpace(d.Name+" "+d.Family))
	f.add("kind", fmt.Sprintf("%s:%d", d.Kind, d.Index))
	f.add("cores", count(d.Cores))
	f.add("device memory", gib(d.Memory))
	f.add("driver", d.Driver)
	f.add("system", d.OSBuild)
	f.add("processor", fmt.Sprintf("%s, %d cores, %s", h.CPU, h.Cores, h.Arch))
	f.add("host memory", gib(h.Memory))
	f.add("operating system", strings.TrimSpace(h.OS+" "+h.Kernel))
	f.add("virtualization", h.Virtual)
	for _, name := range sorted(d.Facts) {
		f.add(name, d.Facts[name])
	}
	for _, e := range []struct {
		when string
		at   record.Environment
	}{{"before", r.Metadata.Before}, {"after", r.Metadata.After}} {
		if !e.at.Time.IsZero() {
			f.add(e.when, environment(e.at))
		}
	}
	return f
}

func environment(e record.Environment) string {
	parts := []string{fmt.Sprintf("load %.2f", e.Load1)}
	for _, x := range []struct {
		text  string
		known bool
	}{
		{fmt.Sprintf("%.0f MHz", e.CPUMHz), e.CPUMHz > 0},
		{fmt.Sprintf("%.0f °C", e.Celsius), e.Celsius > 0},
		{"thermal state " + e.ThermalState, e.ThermalState != ""},
		{"power from " + e.PowerSource, e.PowerSource != ""},
		{"low power mode", e.LowPower},
	} {
		if x.known {
			parts = append(parts, x.text)
		}
	}
	return strings.Join(parts, ", ")
}

// commandsOf are those that repeat the session, and look closer at its document.
func commandsOf(r *record.Result, file string) (out []command) {
	if sha := r.Metadata.GitSHA; sha != nil && *sha != "" {
		does := "the configuration's folder as it was"
		if r.Metadata.GitDirty != nil && *r.Metadata.GitDirty {
			does += ", but for changes that were not committed"
		}
		out = append(out, command{shell([]string{"git", "checkout", *sha}), does})
	}
	if len(r.Session.Command) > 0 {
		args := append([]string{"assay"}, r.Session.Command[1:]...)
		if !strings.Contains(strings.Join(args, " "), "-seed") && len(args) > 1 && args[1] == "run" {
			args = append(args, fmt.Sprintf("--seed=%d", r.Session.Seed))
		}
		out = append(out, command{shell(args), "measures again, in the same orders and with the same inputs"})
	}
	if file != "" {
		file = filepath.ToSlash(file)
		out = append(out,
			command{shell([]string{"assay", "explain", file}), "judges the document again from its samples"},
			command{shell([]string{"assay", "show", file}), "prints it in a terminal"})
	}
	return out
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:=,@%+-]+$`)

// shell is a command line as a shell takes it.
func shell(args []string) string {
	out := make([]string, len(args))
	for i, a := range args {
		if out[i] = a; !plainWord.MatchString(a) {
			out[i] = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
	}
	return strings.Join(out, " ")
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

func count(n int) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprint(n)
}

func gib(bytes int64) string {
	if bytes <= 0 {
		return ""
	}
	return fmt.Sprintf("%.1f GiB", float64(bytes)/(1<<30))
}

// roundsOf are the fewest and the most rounds of a case, as the plan has them: it may
// raise those that the experiment asks for.
func roundsOf(r *record.Result) string {
	least, most := r.Plan.Rounds, r.Plan.MaxRounds
	if most == 0 { // there is no plan
		least, most = r.Experiment.Measure.Rounds, r.Experiment.Measure.MaxRounds
	}
	if least == most {
		return fmt.Sprint(most)
	}
	return fmt.Sprintf("%d to %d", least, most)
}
