package report

import (
	"fmt"
	"io"
	"math"

	"github.com/assay-bench/assay/core/compare"
	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
)

// Compare writes two documents side by side.
func Compare(w io.Writer, rep *compare.Report, s Style) {
	t := table{bare: true}
	for _, x := range []struct {
		name string
		side compare.Side
	}{{"A", rep.A}, {"B", rep.B}} {
		t.add(plain(x.name), plain(x.side.File), plain(x.side.Experiment), plain("session "+x.side.Session), s.verdict(x.side.Verdict))
	}
	t.writeWithin(w, "", s)
	for _, note := range rep.Warnings {
		s.say(w, "", "%s %s", s.alarm("warning:"), note)
	}
	ratioRows(w, rep, s)
	for _, only := range rep.OnlyA {
		s.say(w, "", "only in A: %s", only)
	}
	for _, only := range rep.OnlyB {
		s.say(w, "", "only in B: %s", only)
	}
	rawRows(w, rep, s)
}

func ratioRows(w io.Writer, rep *compare.Report, s Style) {
	fmt.Fprintf(w, "\n%s\n", s.bold("Speed against each session's own baseline"))
	t := table{right: []bool{false, false, false, true, true, true, false}}
	t.add(s.dim("case"), s.dim("variant"), s.dim("phase"), s.dim("A"), s.dim("B"), s.dim("change"), s.dim("answer"))
	shown, tested := 0, 0
	for _, r := range rep.Rows {
		if r.Answer == compare.Baseline {
			continue
		}
		tested++
		answer := plain(string(r.Answer))
		switch r.Answer {
		case compare.Faster:
			answer = cell{text: "faster in B, beyond both intervals", paint: s.paint("32")}
			shown++
		case compare.Slower:
			answer = cell{text: "slower in B, beyond both intervals", paint: s.paint("31")}
			shown++
		case compare.NotBelieved:
			answer.paint = s.paint("31")
		case compare.NotShown:
			answer.text = "no change shown: the intervals overlap"
		case compare.TooFew:
			answer.text = "too few rounds for an interval"
		}
		if r.Note != "" {
			answer.text += " (" + r.Note + ")"
		}
		t.add(plain(r.Case), plain(r.Variant), plain(r.Phase), plain(ratioWith(r.A)), plain(ratioWith(r.B)), plain(signed(r.Change)), answer)
	}
	t.writeWithin(w, "  ", s)
	if tested > 1 {
		s.say(w, "  ", "%d of %d changed. Each row is looked at alone, so among many rows one may seem to change by chance.", shown, tested)
	}
}

func rawRows(w io.Writer, rep *compare.Report, s Style) {
	fmt.Fprintf(w, "\n%s\n", s.bold("Raw times"))
	if len(rep.Differs) > 0 {
		s.say(w, "  ", "refused: they are of different set-ups, and would compare those rather than the variants")
		t := table{bare: true}
		for _, f := range rep.Differs {
			t.add(plain(f.Name), plain(orDash(f.A)+" in A"), plain(orDash(f.B)+" in B"))
		}
		t.writeWithin(w, "    ", s)
		return
	}
	t := table{right: []bool{false, false, false, true, true, true, true, true, false}}
	t.add(s.dim("case"), s.dim("variant"), s.dim("phase"), s.dim("A"), s.dim("B"), s.dim("A"), s.dim("B"), s.dim("change"), s.dim(""))
	var floorA, floorB *float64
	for _, r := range rep.Rows {
		floorA, floorB = largest(floorA, r.FloorA), largest(floorB, r.FloorB)
		if r.Raw == nil {
			t.add(plain(r.Case), plain(r.Variant), plain(r.Phase), plain(""), plain(""), plain(""), plain(""), plain(""), plain("refused: "+r.Refused))
			continue
		}
		t.add(plain(r.Case), plain(r.Variant), plain(r.Phase), plain(nanos(r.Raw.WallA)), plain(nanos(r.Raw.WallB)),
			plain(rate(r.Raw.RateA, r.Raw.Unit)), plain(rate(r.Raw.RateB, r.Raw.Unit)), plain(signed(&r.Raw.Change)), plain(""))
	}
	t.writeWithin(w, "  ", s)
	field(w, s, "  ", s.alarm("warning: "), "the set-ups match, but a machine drifts from session to session by more than it does within one, "+
		"and this is not in any interval. "+fmt.Sprintf("Within the sessions the noise floor at 95 %% was %s in A and %s in B at worst; verdicts take it at a stricter level. ", floorText(floorA), floorText(floorB))+
		"Go by the speeds against the baselines above; a baseline that changed here has changed by drift alone.")
}

func ratioWith(r *record.Ratio) string {
	if r == nil {
		return "–"
	}
	return ratio(r.Estimate) + " " + interval(r.Lower, r.Upper)
}

// signed is a change in percent with its sign.
func signed(x *float64) string {
	if x == nil {
		return "–"
	}
	if math.Abs(*x) < 0.0995 {
		return fmt.Sprintf("%+.2f %%", 100**x)
	}
	return fmt.Sprintf("%+.1f %%", 100**x)
}

func largest(a, b *float64) *float64 {
	if a == nil || (b != nil && *b > *a) {
		return b
	}
	return a
}

func floorText(x *float64) string {
	if x == nil {
		return "not known"
	}
	return "±" + judge.Percent(*x)
}
