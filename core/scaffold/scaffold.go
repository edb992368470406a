package scaffold

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// language is one in which a plugin can be begun.
type language struct {
	name  string
	title string
	sdk   bool // its plugins are built with packages of Assay
}

var languages = []language{
	{name: "go", title: "Go", sdk: true},
	{name: "python", title: "Python", sdk: true},
	{name: "rust", title: "Rust"},
}

// Languages are the names that Request.Language may have.
func Languages() []string {
	out := make([]string, len(languages))
	for i, l := range languages {
		out[i] = l.name
	}
	return out
}

// Request says which plugin is wanted.
type Request struct {
	Name     string // of the plugin
	Language string
	Plain    bool   // without a kernel
	Folder   string // to write into; empty: assay-plugin-NAME in the working folder
	Source   Source // of Assay
}

// Made is a plugin that was written.
type Made struct {
	Folder string
	Files  []string // in Folder
	Next   []string // what to type next, in Folder
	Notes  []string // what the user did not ask for, and gets
}

// As the SDKs demand it of a plugin's name, and as a file on macOS may be called.
var nameRE = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

const longestName = 40

// New writes a plugin. It overwrites nothing, and what it has begun to write is
// gone if it fails.
func New(q Request) (*Made, error) {
	name := strings.TrimPrefix(q.Name, "assay-plugin-")
	if !nameRE.MatchString(name) || len(name) > longestName {
		return nil, fmt.Errorf("plugin name %q: use up to %d lower-case letters, digits and single hyphens, and begin with a letter", q.Name, longestName)
	}
	i := slices.IndexFunc(languages, func(l language) bool { return l.name == q.Language })
	if i < 0 {
		return nil, fmt.Errorf("language %q: there are %s", q.Language, strings.Join(Languages(), ", "))
	}
	lang := languages[i]
	made := &Made{Folder: q.Folder}
	if made.Folder == "" {
		made.Folder = "assay-plugin-" + name
	}
	if lang.sdk {
		if err := q.Source.usable(); err != nil {
			return nil, err
		}
	}
	metal := lang.has("metal") && !q.Plain
	if !metal && !q.Plain {
		made.Notes = append(made.Notes, fmt.Sprintf("A plugin in %s has no kernel in Metal: Assay's devices are packages of Go. This one times a function.", lang.title))
	}
	if lang.sdk && q.Source.Version == "" {
		made.Notes = append(made.Notes, fmt.Sprintf("This assay is a development build, so that the plugin is built with the source in %s.", q.Source.Folder))
	}
	files, err := render(lang, metal, data{
		Name: name, Word: strings.ReplaceAll(name, "-", "_"), Metal: metal, Version: q.Source.Version, Source: q.Source.Folder,
	})
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		made.Files = append(made.Files, f.path)
		if f.path == "README.md" {
			made.Next = console(f.text)
		}
	}
	return made, write(made.Folder, files)
}

// console is the first console block of a page, without prompts.
func console(page []byte) (commands []string) {
	_, block, _ := strings.Cut(string(page), "```console\n")
	block, _, _ = strings.Cut(block, "```")
	for _, line := range strings.Split(strings.TrimSpace(block), "\n") {
		commands = append(commands, strings.TrimPrefix(line, "$ "))
	}
	return commands
}
