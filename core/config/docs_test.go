package config

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"

	"github.com/assay-bench/assay/core/proto/pluginv1"
)

const page = "../../docs/hcl.md"

// example is one fenced block of the page.
type example struct{ info, text string }

func examples(t *testing.T) (string, []example) {
	t.Helper()
	src, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var out []example
	for _, m := range regexp.MustCompile("(?ms)^```([^\n]*)\n(.*?)^```$").FindAllStringSubmatch(string(src), -1) {
		out = append(out, example{m[1], m[2]})
	}
	if len(out) < 15 {
		t.Fatalf("%d examples; is the page still there?", len(out))
	}
	return string(src), out
}

// Every example of the language reference does what the page says.
func TestDocumentation(t *testing.T) {
	opts := fakeOptions()
	opts.Schema = func(Program) (*pluginv1.DescribeResponse, error) {
		d := fakeDescribe()
		d.Source = "" // it stands for plugins of several sources
		return d, nil
	}
	_, all := examples(t)
	for i, e := range all {
		name := "example.hcl"
		switch e.info {
		case "json":
			name += ".json"
		case "hcl", "hcl wrong":
		default:
			continue
		}
		m, diags := load(".", []input{{name, []byte(e.text)}}, Options{Version: "0.1.0"})
		_, more := m.Resolve(opts)
		got := render(t, m, append(diags, more...))
		want := ""
		if e.info == "hcl wrong" {
			want = all[i+1].text
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("example %d of %s (-said +got):\n%s\n%s", i+1, page, e.text, diff)
		}
		if e.info == "hcl" && string(Format("page.hcl", []byte(e.text))) != e.text {
			t.Errorf("example %d of %s is not formatted:\n%s", i+1, page, Format("page.hcl", []byte(e.text)))
		}
	}
}

// The language reference names every argument, block and function there is.
func TestDocumentationIsComplete(t *testing.T) {
	src, _ := examples(t)
	for name := range functions(".") {
		if !strings.Contains(src, "`"+name+"`") {
			t.Errorf("%s does not name the function %s", page, name)
		}
	}
	for _, s := range []*hcl.BodySchema{
		moduleSchema, assaySchema, variableSchema, validationSchema, experimentSchema, variantSchema,
		measureSchema, buildSchema, guardrailSchema, tradeoffSchema, assertSchema, selectSchema, outputSchema,
	} {
		for _, a := range s.Attributes {
			if !strings.Contains(src, "`"+a.Name+"`") && !strings.Contains(src, a.Name+" = ") && !regexp.MustCompile(a.Name+` +=`).MatchString(src) {
				t.Errorf("%s does not name the argument %s", page, a.Name)
			}
		}
		for _, b := range s.Blocks {
			if !regexp.MustCompile(`(?m)^\s*` + b.Type + ` .*\{`).MatchString(src) {
				t.Errorf("%s has no example of the block %s", page, b.Type)
			}
		}
	}
	for name := range outcomeTypes {
		if !strings.Contains(src, "| `"+name+"` |") {
			t.Errorf("%s does not name experiment.NAME.%s", page, name)
		}
	}
}
