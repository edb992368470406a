package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"unicode"

	"github.com/assay-bench/assay/core/scaffold"
)

// pluginNew writes a new plugin.
type pluginNew struct {
	Name  string `arg:"" help:"The plugin's name: lower-case letters, digits and hyphens."`
	Lang  string `name:"lang" enum:"${languages}" default:"go" help:"The language: ${enum}."`
	Plain bool   `name:"plain" help:"Without a kernel: a function is timed."`
	Out   string `short:"o" placeholder:"FOLDER" help:"What to write into; by default assay-plugin-NAME."`
	SDK   string `name:"sdk" placeholder:"FOLDER" help:"Build the plugin with Assay's source in this folder, a clone, and not with a published version."`
}

// Help is printed by assay plugin new --help.
func (c *pluginNew) Help() string {
	return "A folder is written that builds, passes its tests and runs as it is: plugin, test, experiment, README and a release workflow for GitHub.\n" +
		"What is written is yours: put your own kernel or function in the place of the example. Nothing is overwritten.\n\n" +
		"The plugin is built with the version of Assay that writes it. A development build has none that is published: it takes the source that it lies in,\n" +
		"or that of --sdk."
}

func (c *pluginNew) Run(app *App) error {
	source, err := c.source()
	if err != nil {
		return err
	}
	made, err := scaffold.New(scaffold.Request{Name: c.Name, Language: c.Lang, Plain: c.Plain, Folder: c.Out, Source: source})
	if err != nil {
		return err
	}
	for _, f := range made.Files {
		fmt.Fprintln(app.Out, filepath.Join(made.Folder, f))
	}
	fmt.Fprintln(app.Out)
	for _, note := range made.Notes {
		fmt.Fprintln(app.Out, note)
	}
	fmt.Fprintln(app.Out, "It is complete as it stands. Next:")
	for _, command := range append(enter(made.Folder), made.Next...) {
		fmt.Fprintln(app.Out, "  "+command)
	}
	return nil
}

// enter is the command that goes into a folder, as a shell reads it.
func enter(folder string) []string {
	special := func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("/._-+", r)
	}
	switch {
	case filepath.Clean(folder) == ".":
		return nil
	case strings.ContainsFunc(folder, special):
		return []string{"cd '" + strings.ReplaceAll(folder, "'", `'\''`) + "'"}
	}
	return []string{"cd " + folder}
}

// source is the Assay that the plugin is to be built with.
func (c *pluginNew) source() (scaffold.Source, error) {
	if c.SDK != "" {
		return scaffold.In(c.SDK)
	}
	self, err := os.Executable()
	if err != nil {
		return scaffold.Source{}, err
	}
	info, _ := debug.ReadBuildInfo()
	return scaffold.Running(info, self), nil
}
