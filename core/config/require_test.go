package config

import (
	"strings"
	"testing"
)

// What this machine does not tell is said before anything is run, and a condition
// that is not asked is not.
func TestUnreadableConditions(t *testing.T) {
	src := named("a: measure {\n require {\n power = \"ac\"\n thermal = null\n max_foreign_load = 0\n wait = \"1s\"\n }\n }")
	for _, c := range []struct {
		unreadable, want []string
	}{
		{nil, nil},
		{[]string{RequirePower, RequireThermal, RequireClock}, []string{RequirePower}},
		{[]string{RequireForeignLoad}, []string{RequireForeignLoad}},
	} {
		opts := fakeOptions()
		opts.Unreadable = c.unreadable
		m, diags := load(".", []input{{"x.hcl", []byte(src)}}, Options{})
		_, more := m.Resolve(opts)
		var found []string
		for _, d := range append(diags, more...) {
			if d.Summary == "Cannot be read here" {
				found = append(found, strings.Fields(d.Detail)[6])
			}
		}
		if strings.Join(found, " ") != strings.Join(c.want, " ") {
			t.Errorf("%v: warned of %v, want %v", c.unreadable, found, c.want)
		}
	}
}
