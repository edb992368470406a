package report

import (
	"fmt"
	"io"
	"time"

	"github.com/jstemmer/go-junit-report/v2/junit"

	"github.com/assay-bench/assay/core/internal/visible"
	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
)

// JUnit writes a session in the XML that CI systems read: a suite for each
// experiment, a case for each judgement, assert and failed check. What is
// inconclusive or invalid is skipped: nothing failed, and nothing may be concluded.
func JUnit(w io.Writer, results []*record.Result) error {
	all := junit.Testsuites{Name: "assay"}
	for i, r := range results {
		suite := junit.Testsuite{
			Name: visible.Line(r.Experiment.Name), ID: i, Hostname: visible.Line(r.Metadata.Host.Hostname),
			Time: seconds(r.Session.Overhead.Wall), Timestamp: r.Session.Started.UTC().Format(time.RFC3339),
		}
		for _, p := range [][2]string{
			{"session", r.Session.ID}, {"seed", fmt.Sprint(r.Session.Seed)}, {"device", r.Metadata.Device.Name}, {"plugin", r.Metadata.Plugin.Name + " " + r.Metadata.Plugin.Version},
			{"status", string(r.Status)}, {"verdict", r.Verdict},
		} {
			suite.AddProperty(p[0], visible.Line(p[1]))
		}
		for _, c := range junitCases(r) {
			suite.AddTestcase(c)
		}
		all.AddSuite(suite)
	}
	return all.WriteXML(w)
}

func seconds(ns int64) string { return fmt.Sprintf("%.3f", time.Duration(ns).Seconds()) }

func junitCases(r *record.Result) []junit.Testcase {
	out := []junit.Testcase{measured(r)}
	for i := range r.Cases {
		c := &r.Cases[i]
		class := visible.Line(r.Experiment.Name + "." + c.ID)
		for _, v := range c.Variants {
			for _, k := range v.Checks {
				if v.Role != record.RoleProposed && !k.Passed {
					out = append(out, junitCase(class, fmt.Sprintf("check %s: %s", k.Name, v.Name), judge.Fail, k.Found(), ""))
				}
			}
		}
		for _, j := range c.Judgements {
			verdict, more := j.Weighs(), j.Rule
			if verdict == "" { // a warning, or accepted
				verdict, more = judge.Pass, "it is "+string(j.Verdict)+", which does not count. "+j.Rule
			}
			out = append(out, junitCase(class, fmt.Sprintf("%s: %s in %s", j.Guardrail, j.Variant, j.Of()), verdict, j.Reason, more+"\nnext: "+j.Next))
		}
		for _, a := range c.Asserts {
			out = append(out, junitCase(class, fmt.Sprintf("assert %s: %s", a.Name, a.Variant), a.Answer(), a.Message, ""))
		}
	}
	return out
}

// measured is a case for the measuring itself.
func measured(r *record.Result) junit.Testcase {
	c := junit.Testcase{Classname: visible.Line(r.Experiment.Name), Name: "measured", Time: seconds(r.Session.Overhead.Wall)}
	text := visible.Text(Verdict(r))
	switch r.Status {
	case record.Crashed, record.Hung:
		c.Error = &junit.Result{Message: string(r.Status), Type: string(r.Status)}
		if len(r.Failures) > 0 {
			f := &r.Failures[0]
			c.Error.Message = visible.Text(where(f) + " failed: " + f.Message)
		}
	case record.Skipped, record.Partial:
		c.Skipped = &junit.Result{Message: text}
	default:
		c.SystemOut = &junit.Output{Data: text}
	}
	return c
}

func junitCase(class, name string, verdict judge.Verdict, reason, more string) junit.Testcase {
	c := junit.Testcase{Classname: class, Name: visible.Line(name)}
	reason, more = visible.Text(reason), visible.Text(more)
	switch verdict {
	case judge.Pass:
		c.SystemOut = &junit.Output{Data: reason}
	case judge.Fail:
		c.Failure = &junit.Result{Message: reason, Type: string(verdict), Data: more}
	default:
		c.Skipped = &junit.Result{Message: string(verdict) + ": " + reason}
	}
	return c
}
