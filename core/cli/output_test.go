package cli

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"

	"github.com/assay-bench/assay/core/internal/visible"
	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/report"
)

// Every way to the terminal shows what others named, and sends none of it. Only
// colours of assay's own are sent.
func TestForeignTextIsShown(t *testing.T) {
	const hostile = "a\x1b[31m\x1b]0;title\x07\r\u009b2J\u202eb"
	const shown = `a\x1b[31m\x1b]0;title\x07\x0d\u009b2J\u202eb`
	style := report.Style{Color: true, Width: 500, Terminal: true}
	for name, write := range map[string]func(*App){
		"log":   func(a *App) { a.log.Warn("the plugin says: " + hostile) },
		"error": func(a *App) { _ = a.fail(context.Background(), errors.New(hostile)) },
		"title": func(a *App) { _, _ = a.Err.Write([]byte(style.Title(hostile))) },
		"progress": func(a *App) {
			p := report.NewProgress(a.Err, style)
			p.Show(record.Event{Data: record.StepEvent{Stage: "prepare", Detail: hostile}})
			p.Show(record.Event{Data: record.NoteEvent{Text: hostile}})
		},
		"failure": func(a *App) {
			report.Failure(a.Err, &record.Failure{Message: hostile, Panic: []string{hostile}}, style)
		},
	} {
		var sent strings.Builder
		a := &App{Streams: Streams{Err: &output{Writer: &sent, gone: func() {}}}}
		a.log = hclog.New(&hclog.LoggerOptions{Output: a.Err})
		write(a)
		text := sent.String()
		if !strings.Contains(text, shown) {
			t.Errorf("%s: %q does not show %q", name, text, shown)
		}
		for _, own := range []string{"\x1b[1m", "\x1b[31m", "\x1b[2m", "\x1b[0m", "\r\x1b[K"} {
			text = strings.ReplaceAll(text, own, "")
		}
		if visible.Text(text) != text {
			t.Errorf("%s: %q is sent", name, text)
		}
	}
}
