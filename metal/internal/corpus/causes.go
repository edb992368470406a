package main

import (
	"cmp"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// cause is one reason for failures, with the functions that have it.
type cause struct {
	stage, text, example string
	functions            int
	projects             map[string]int
}

// causes groups failures by their first message, the most frequent first. What
// stops a function in one stage is not asked for in the next.
func causes(functions []function) []cause {
	by := map[[2]string]*cause{}
	for _, f := range functions {
		for _, s := range f.failures() {
			text, place := essence(s[1])
			key := [2]string{s[0], text}
			c := by[key]
			if c == nil {
				c = &cause{stage: s[0], text: text, example: f.Project + "/" + place, projects: map[string]int{}}
				by[key] = c
			}
			c.functions++
			c.projects[f.Project]++
		}
	}
	var out []cause
	for _, c := range by {
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b cause) int {
		return cmp.Or(cmp.Compare(b.functions, a.functions), cmp.Compare(a.stage, b.stage), cmp.Compare(a.text, b.text))
	})
	return out
}

// failures are the stages that a function fails in, with what was said.
func (f function) failures() [][2]string {
	if f.Read != "" {
		return [][2]string{{"read", f.Read}}
	}
	var out [][2]string
	if f.Sim != "" {
		out = append(out, [2]string{"sim", f.Sim})
	}
	if f.CUDA != "" {
		out = append(out, [2]string{"cuda", f.CUDA})
	}
	return out
}

var (
	clangError = regexp.MustCompile(`(?m)^(\S.*?:\d+(?::\d+)?): (?:fatal )?error: (.*)$`)
	nvrtcError = regexp.MustCompile(`(?m)^(?:.*: )?(\S+\(\d+\)): (?:catastrophic )?error(?: #\S+)?: (.*)$`)
	readError  = regexp.MustCompile(`(?m)([^\s:]+:\d+:\d+): (.*)$`)
	spaces     = regexp.MustCompile(`\s+`)
)

// essence is a message without its place, and the place.
func essence(said string) (text, place string) {
	text = said
	for _, form := range []*regexp.Regexp{clangError, nvrtcError, readError} {
		if m := form.FindStringSubmatch(said); m != nil {
			place, text = m[1], m[2]
			break
		}
	}
	text = strings.TrimSpace(spaces.ReplaceAllString(text, " "))
	if runes := []rune(text); len(runes) > 160 {
		text = string(runes[:157]) + "..."
	}
	return text, place
}

func printCauses(out io.Writer, all []cause, most int) {
	if len(all) == 0 {
		return
	}
	fmt.Fprintf(out, "\n| functions | stage | cause | projects | first at |\n|---:|---|---|---|---|\n")
	for _, c := range all[:min(most, len(all))] {
		var projects []string
		for name, n := range c.projects {
			projects = append(projects, fmt.Sprintf("%s %d", name, n))
		}
		slices.Sort(projects)
		fmt.Fprintf(out, "| %d | %s | %s | %s | %s |\n", c.functions, c.stage, strings.ReplaceAll(c.text, "|", `\|`), strings.Join(projects, ", "), c.example)
	}
	if rest := all[min(most, len(all)):]; len(rest) > 0 {
		n := 0
		for _, c := range rest {
			n += c.functions
		}
		fmt.Fprintf(out, "| %d | | %d other causes | | |\n", n, len(rest))
	}
}
