package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/assay-bench/assay/core/conformance"
)

// ruleWidth is room for the longest id of a rule.
const ruleWidth = 20

// RuleOutcome writes one line, and of a rule that fails what was expected and
// which page explains it.
func RuleOutcome(w io.Writer, o conformance.Outcome, s Style) {
	mark := map[conformance.Status]string{
		conformance.Pass: s.verdictText("pass") + "   ", conformance.Fail: s.alarm("FAIL") + "   ", conformance.Skipped: s.dimmed("skipped"), conformance.Unclear: s.alarm("unclear"),
	}[o.Status]
	rest := strings.Repeat(" ", 2+7+2+ruleWidth+1)
	s.hang(w, "", fmt.Sprintf("  %s  %-*s ", mark, ruleWidth, o.ID), rest, o.Seen)
	if o.Status == conformance.Fail {
		s.hang(w, "", rest+"expected: ", rest+"  ", o.Expected)
		fmt.Fprintf(w, "%ssee %s\n", rest, o.Page)
	}
}

// Conformance writes what a report comes to.
func Conformance(w io.Writer, r *conformance.Report, s Style) {
	if r.Error != "" {
		s.hang(w, "", "  "+s.alarm("could not be checked")+": ", "  ", r.Error)
		return
	}
	device := ""
	if r.Device != "" {
		device = " on " + r.Device
	}
	unclear := ""
	if r.Unclear > 0 {
		unclear = fmt.Sprintf(", %d unclear", r.Unclear)
	}
	fmt.Fprintf(w, "  %s: %d pass, %d fail%s, %d skipped%s, in %s\n", Count(len(r.Rules), "rule"), r.Passed, r.Failed, unclear, r.Skipped, device, clock(time.Duration(r.Ns)))
}

// PluginTitle names a plugin that is looked at.
func PluginTitle(w io.Writer, name, path string, s Style) {
	fmt.Fprintln(w, s.title(name, path))
}

// Trial writes a visit for people to look at.
func Trial(w io.Writer, t *conformance.Trial, s Style) {
	fmt.Fprintln(w, s.title(t.Plugin.Name+" "+t.Plugin.Version, t.Device))
	field(w, s, "  ", "configuration  ", string(t.Configuration))
	fmt.Fprintf(w, "  ready after    %s, prepared in %s\n", nanos(float64(t.ReadyNs)), nanos(float64(t.PrepareNs)))
	for _, name := range slices.Sorted(maps.Keys(t.Facts)) {
		field(w, s, "  ", fmt.Sprintf("%-14s ", name), t.Facts[name])
	}
	for _, p := range t.Phases {
		fmt.Fprintf(w, "\n  phase %s\n", p.Name)
		trialPhase(p).writeWithin(w, "    ", s)
	}
	fmt.Fprintln(w)
	if t.Simulated {
		fmt.Fprintln(w, "  The device is simulated: its times are no measurements.")
	}
	for _, name := range slices.Sorted(maps.Keys(t.Metrics)) {
		fmt.Fprintf(w, "  metric %s = %.4g\n", name, t.Metrics[name])
	}
	for _, c := range t.Checks {
		mark := s.verdictText("pass")
		if !c.Passed {
			mark = s.alarm("FAIL")
		}
		s.hang(w, "  ", fmt.Sprintf("%s  check %s, %s timing: ", mark, c.Name, c.When), "  ", c.Detail)
	}
}

// trialPhase is a table of samples, times per iteration.
func trialPhase(p conformance.TrialPhase) *table {
	t := &table{}
	t.add(plain("sample"), plain("iterations"), plain("wall"), plain("device"), plain("encode"), plain("rate"), plain("memory"))
	for i, m := range p.Samples {
		per := func(ns int64) float64 { return float64(ns) / float64(max(m.Iterations, 1)) }
		speed, memory := "", ""
		if p.Units > 0 && m.WallNs > 0 {
			speed = rate(p.Units/per(m.WallNs)*1e9, p.Unit)
		}
		if p.Bytes > 0 && m.WallNs > 0 {
			memory = digits(float64(p.Bytes)/per(m.WallNs)) + " GB/s"
		}
		t.add(plain(fmt.Sprint(i+1)), plain(fmt.Sprint(m.Iterations)), plain(nanos(per(m.WallNs))), plain(nanos(per(m.DeviceNs))), plain(nanos(per(m.EncodeNs))), plain(speed), plain(memory))
	}
	t.dropEmpty()
	return t
}
