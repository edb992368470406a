package config

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
)

var (
	meant        = regexp.MustCompile(`Did you mean "([^"]+)"\?`)
	quotedOrLast = regexp.MustCompile(`"([^"]+)"|\.([\pL_][\pL\pN_-]*)\. Did`)
)

// Whoever follows a suggestion is rid of the fault: every "Did you mean" of the
// golden files is followed.
func TestSuggestionsAreRight(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.hcl*")
	if err != nil {
		t.Fatal(err)
	}
	followed := 0
	for _, file := range files {
		if ext := filepath.Ext(file); ext == ".diag" || ext == ".golden" {
			continue
		}
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range faultsOf(file, string(src)) {
			m := meant.FindStringSubmatch(d.Detail)
			if m == nil || d.Subject.Filename != file {
				continue
			}
			followed++
			given, at := misspelt(d, string(src))
			if at < 0 {
				t.Errorf("%s: %q names nothing that stands at %s", file, d.Detail, place(*d.Subject))
				continue
			}
			better := string(src[:at]) + m[1] + string(src[at+len(given):])
			for _, left := range faultsOf(file, better) {
				if left.Subject.Start.Line == d.Subject.Start.Line && left.Summary == d.Summary && strings.Contains(left.Detail, "Did you mean") &&
					(strings.Contains(left.Detail, `"`+given+`"`) || strings.Contains(left.Detail, `"`+m[1]+`" `)) {
					t.Errorf("%s: %q was followed, and then it said: %q", file, d.Detail, left.Detail)
				}
			}
		}
	}
	if followed < 35 {
		t.Errorf("%d suggestions, want at least 35", followed)
	}
}

func faultsOf(file, src string) hcl.Diagnostics {
	m, diags := load(filepath.Dir(file), []input{{file, []byte(src)}}, Options{Version: "0.1.0"})
	_, more := m.Resolve(fakeOptions())
	return append(diags, more...)
}

// misspelt finds the name that a suggestion is to replace, and where it stands:
// at the place of the fault, else where its value comes from.
func misspelt(d *hcl.Diagnostic, src string) (given string, at int) {
	detail, _, _ := strings.Cut(d.Detail, ` "`+meant.FindStringSubmatch(d.Detail)[1]+`"?`)
	all := quotedOrLast.FindAllStringSubmatch(detail+" Did", -1)
	for _, from := range []int{d.Subject.Start.Byte, 0} {
		until := max(d.Subject.End.Byte, from+strings.IndexByte(src[from:]+"\n", '\n'))
		if from == 0 {
			until = len(src)
		}
		for i := len(all) - 1; i >= 0; i-- {
			name := all[i][1] + all[i][2]
			word := regexp.MustCompile(`(?:^|[^\w-])(` + regexp.QuoteMeta(name) + `)(?:[^\w-]|$)`)
			if m := word.FindStringSubmatchIndex(src[from:min(until+1, len(src))]); m != nil {
				return name, from + m[2]
			}
		}
	}
	return "", -1
}
