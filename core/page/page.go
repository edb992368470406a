package page

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // of the templates
	"encoding/hex"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/assay-bench/assay/core/internal/visible"
	"github.com/assay-bench/assay/core/record"
)

var (
	//go:embed page.html
	pageHTML string
	//go:embed style.css
	styleCSS string
)

// Script lets a page of a session that is measured follow it. Such a page asks for it
// at ScriptPath.
//
//go:embed follow.js
var Script string

// edition tells pages of one layout from those of another.
var edition = func() string {
	sum := sha256.Sum256([]byte(pageHTML + styleCSS))
	return hex.EncodeToString(sum[:4])
}()

var pages = template.Must(template.New("page").Funcs(template.FuncMap{
	"style":  func() template.CSS { return template.CSS(styleCSS) }, //nolint:gosec // ours
	"pieces": pieces,
	"follows": func(v any) bool { // a session: the page has a script
		f, ok := v.(interface{ follows() bool })
		return ok && f.follows()
	},
	"script": func() string { return ScriptPath },
	"class": func(verdict string) string {
		if slices.Contains(worstFirst, verdict) {
			return verdict
		}
		return "none"
	},
}).Parse(pageHTML))

// Document is a result and the name of its file, for the commands that a page shows.
type Document struct {
	File   string // empty: none that a reader has
	Result *record.Result
}

// view is all of a page.
type view struct {
	Title       string
	Row         *row   // for an index; nil: the page is in none
	Back        string // address of the index; empty: there is none
	Experiments []experiment
}

// Write writes one page of one or more documents.
func Write(w io.Writer, documents []Document) error { return send(w, "page", viewOfAll(documents)) }

func viewOfAll(documents []Document) view {
	results := make([]*record.Result, len(documents))
	var v view
	for i, d := range documents {
		results[i] = d.Result
		v.Experiments = append(v.Experiments, viewOf(i+1, d.Result, d.File))
	}
	v.Title = title(results)
	return v
}

// send fills a template in. What reorders or hides other text is written out.
func send(w io.Writer, name string, v any) error {
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, name, v); err != nil {
		return fmt.Errorf("page: %w", err)
	}
	_, err := io.WriteString(w, visible.Text(b.String()))
	return err
}

// piece is a part of a sentence.
type piece struct {
	Command bool // in backticks, which people type or copy
	Text    string
}

func pieces(sentence string) (out []piece) {
	parts := strings.Split(sentence, "`")
	if len(parts)%2 == 0 { // one is not closed
		return []piece{{Text: sentence}}
	}
	for i, text := range parts {
		if text != "" {
			out = append(out, piece{i%2 == 1, text})
		}
	}
	return out
}

// worstFirst are the words for verdicts.
var worstFirst = []string{"fail", "invalid", "inconclusive", "none", "skipped", "pass"}

// Counted is how many documents of each verdict there are, worst first.
func (v view) Counted() (out []sentence) {
	for _, word := range worstFirst {
		n := 0
		for _, e := range v.Experiments {
			if e.Verdict == word {
				n++
			}
		}
		if n > 0 {
			out = append(out, sentence{Verdict: word, Text: fmt.Sprint(n)})
		}
	}
	return out
}

// Many says that a page has several documents.
func (v view) Many() bool { return len(v.Experiments) > 1 }

// Few says that the rounds of a case are shown without being asked for.
func (c caseView) Few() bool { return len(c.Rounds) <= 2 }

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
