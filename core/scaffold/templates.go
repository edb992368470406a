package scaffold

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"github.com/assay-bench/assay/core/proto/pluginv1"
)

//go:embed all:templates
var templates embed.FS

// data is what a template may say.
type data struct {
	Name    string // of the plugin: row-sum
	Word    string // the same where no hyphen may stand: row_sum
	Metal   bool   // it has a kernel
	Version string // of Assay's module, v0.1.0; empty: not published
	Source  string // folder of Assay's source, where it is built with that
}

// Protocol is the text of plugin.proto.
func (data) Protocol() string { return pluginv1.Source }

// Release is a version of Assay's module that can be fetched.
func (d data) Release() string {
	if d.Version == "" {
		return "latest"
	}
	return d.Version
}

// PythonSDK is where pip gets the SDK for Python from.
func (d data) PythonSDK() string {
	if d.Version != "" {
		return "git+https://" + assay + "@" + d.Version + "#subdirectory=core/sdk/python"
	}
	return (&url.URL{Scheme: "file", Path: path.Join(filepath.ToSlash(d.Source), "core/sdk/python")}).String()
}

// ReleasePython is the Python that a release of a plugin needs.
func (data) ReleasePython() string { return "3.13" }

// file of a plugin.
type file struct {
	path string // with slashes
	text []byte
}

func (l language) has(layer string) bool {
	_, err := fs.Stat(templates, path.Join("templates", l.name, layer))
	return err == nil
}

// render gives the files of a plugin, by path. A language's own stand in for those
// of every language.
func render(l language, metal bool, d data) ([]file, error) {
	kind := "plain"
	if metal {
		kind = "metal"
	}
	found := map[string]string{} // the template of each file
	for _, layer := range []string{"any/all", "any/" + kind, l.name + "/all", l.name + "/" + kind} {
		root := path.Join("templates", layer)
		err := fs.WalkDir(templates, root, func(at string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			name := strings.TrimSuffix(strings.TrimPrefix(at, root+"/"), ".tmpl")
			found[strings.ReplaceAll(name, "WORD", d.Word)] = at
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	var out []file
	for name, at := range found {
		text, err := fs.ReadFile(templates, at)
		if err != nil {
			return nil, err
		}
		t, err := template.New(at).Delims("{%", "%}").Option("missingkey=error").Parse(string(text))
		if err != nil {
			return nil, err
		}
		var b bytes.Buffer
		if err := t.Execute(&b, d); err != nil {
			return nil, fmt.Errorf("%s: %w", at, err)
		}
		out = append(out, file{name, b.Bytes()})
	}
	slices.SortFunc(out, func(a, b file) int { return strings.Compare(a.path, b.path) })
	return out, nil
}
