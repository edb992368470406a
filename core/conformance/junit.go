package conformance

import (
	"fmt"
	"io"
	"time"

	"github.com/jstemmer/go-junit-report/v2/junit"
)

// WriteJUnit writes reports in the XML that CI systems read: a suite for each
// plugin, a case for each rule.
func WriteJUnit(w io.Writer, reports []*Report) error {
	all := junit.Testsuites{Name: "assay plugin check"}
	for i, r := range reports {
		suite := junit.Testsuite{Name: r.Plugin.label(), ID: i, Time: seconds(r.Ns)}
		suite.AddProperty("sha256", r.Plugin.SHA256)
		for _, o := range r.Rules {
			c := junit.Testcase{Name: o.ID, Classname: suite.Name, Time: seconds(o.Ns)}
			switch o.Status {
			case Fail:
				c.Failure = &junit.Result{Message: o.Seen, Type: o.ID, Data: fmt.Sprintf("Expected: %s\nSeen: %s\nSee %s", o.Expected, o.Seen, o.Page)}
			case Skipped, Unclear:
				c.Skipped = &junit.Result{Message: o.Seen}
			case Pass:
				c.SystemOut = &junit.Output{Data: o.Seen}
			}
			suite.AddTestcase(c)
		}
		all.AddSuite(suite)
	}
	return all.WriteXML(w)
}

func seconds(ns int64) string { return fmt.Sprintf("%.3f", time.Duration(ns).Seconds()) }

// label is what a report calls a plugin.
func (s Subject) label() string {
	if s.Name == "" {
		return s.Path
	}
	return s.Name + " " + s.Version
}
