package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/assay-bench/assay/core/internal/visible"
	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
)

// Place is where something stands in the files of an experiment.
type Place struct {
	File string
	Line int
}

// annotated is how many are written of an experiment: a step of a workflow shows
// ten of each kind.
const annotated = 5

// Annotations writes what decided a verdict short of a pass in the form that GitHub
// shows beside the lines of a change. at finds the guardrail or assert in the files;
// a place without a file is none.
func Annotations(w io.Writer, r *record.Result, at func(*record.Decided) Place) {
	all := r.Deciders()
	for i := range all[:min(len(all), annotated)] {
		d := &all[i]
		text := DecidedBy(d) + ": " + d.Reason
		if d.Next != "" {
			text += "; next: " + d.Next
		}
		annotate(w, level(r.Verdict), r, at(d), text)
	}
	if more := len(all) - annotated; more > 0 {
		annotate(w, level(r.Verdict), r, at(&all[annotated]), fmt.Sprintf("%d more have this verdict; the summary and the result document list them", more))
	}
	if len(all) == 0 && (r.Status == record.Crashed || r.Status == record.Hung) {
		text := "it " + string(r.Status)
		if len(r.Failures) > 0 {
			f := &r.Failures[0]
			text = where(f) + " failed: " + f.Message
		}
		annotate(w, "error", r, at(&record.Decided{}), text)
	}
}

func level(verdict string) string {
	if verdict == string(judge.Fail) {
		return "error"
	}
	return "warning"
}

func annotate(w io.Writer, level string, r *record.Result, at Place, text string) {
	Annotate(w, level, at, fmt.Sprintf("%s: %s", r.Experiment.Name, r.Verdict), text)
}

// Annotate writes one annotation; level is error, warning or notice.
func Annotate(w io.Writer, level string, at Place, title, text string) {
	var properties []string
	if at.File != "" {
		properties = append(properties, "file="+property(at.File))
		if at.Line > 0 {
			properties = append(properties, fmt.Sprintf("line=%d", at.Line))
		}
	}
	properties = append(properties, "title="+property(title))
	fmt.Fprintf(w, "::%s %s::%s\n", level, strings.Join(properties, ","), data(text))
}

// data and property escape as GitHub's workflow commands do.
func data(text string) string { return dataEscapes.Replace(visible.Text(text)) }

func property(text string) string { return propertyEscapes.Replace(visible.Text(text)) }

var (
	dataEscapes     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	propertyEscapes = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)
