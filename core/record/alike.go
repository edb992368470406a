package record

import (
	"fmt"
	"slices"
	"strings"
)

// Field is one in which two set-ups differ.
type Field struct {
	Name string `json:"name"`
	A    string `json:"a"`
	B    string `json:"b"`
}

// personal are variables that say whose session it was, and nothing of what ran.
var personal = []string{"HOME", "USER", "TMPDIR", "XDG_CACHE_HOME"}

// Alike says that two programs are one, by what is recorded of them.
func (p *Program) Alike(q *Program) bool { return len(p.Differences(q)) == 0 && p.Kind == q.Kind }

// Differences lists the fields in which two programs differ, the kind of device
// left out.
func (p *Program) Differences(q *Program) []Field {
	all := []Field{
		{"program", p.Plugin.Name, q.Plugin.Name},
		{"program digest", short(p.Plugin.SHA256), short(q.Plugin.SHA256)},
		{"device index", fmt.Sprint(p.Index), fmt.Sprint(q.Index)},
		{"build", p.Build.text(), q.Build.text()},
	}
	names := map[string]bool{}
	for _, v := range slices.Concat(p.Environment, q.Environment) {
		names[v.Name] = true
	}
	for _, v := range slices.Concat(p.Environment, q.Environment) {
		if names[v.Name] && !slices.Contains(personal, v.Name) {
			all = append(all, Field{"environment " + v.Name, p.variable(v.Name), q.variable(v.Name)})
		}
		delete(names, v.Name)
	}
	return slices.DeleteFunc(all, func(f Field) bool { return f.A == f.B })
}

func (b *Build) text() string {
	if b == nil {
		return "none"
	}
	return strings.Join(append([]string{b.Commit, "by"}, b.Command...), " ")
}

func (p *Program) variable(name string) string {
	for _, v := range p.Environment {
		if v.Name == name {
			return v.Value
		}
	}
	return "not set"
}

func short(digest string) string {
	d := strings.TrimPrefix(digest, "sha256:")
	return d[:min(len(d), 12)]
}
