package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/registry"
	"github.com/assay-bench/assay/core/schema"
)

type pluginCommand struct {
	New     pluginNew     `cmd:"" help:"Write a new plugin, with a test, an experiment and a README."`
	List    pluginList    `cmd:"" help:"List the plugins found."`
	Install pluginInstall `cmd:"" help:"Install a plugin for all of your folders."`
	Mirror  pluginMirror  `cmd:"" help:"Save the releases of the plugins that experiments pin, for machines without network."`
	Remove  pluginRemove  `cmd:"" help:"Take an installed plugin away."`
	Docs    pluginDocs    `cmd:"" help:"Print a plugin's documentation as markdown."`
	Check   pluginCheck   `cmd:"" help:"Hold a plugin, in any language, against the protocol."`
	Try     pluginTry     `cmd:"" help:"Measure one configuration of a plugin once, to look at."`
	Tool    pluginTool    `cmd:"" passthrough:"" help:"Run a command that a plugin brings; assay NAME ARGS is short for it."`
	Lock    pluginLock    `cmd:"" help:"Pin the plugins that experiments require to the binaries installed now."`
}

type pluginList struct {
	All  bool `name:"all" help:"Also list other versions, and what was passed over and why."`
	JSON bool `name:"json" help:"Print JSON."`
}

type listedPlugin struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Path    string `json:"path,omitempty"`
	SHA256  string `json:"sha256,omitempty"`
	Source  string `json:"source,omitempty"` // where it was installed from
}

func (c *pluginList) Run(ctx context.Context, app *App) error {
	reg, err := app.plugins(ctx, ".")
	if err != nil {
		return err
	}
	origins, err := registry.Origins(registry.UserFolder(app.Getenv))
	if err != nil {
		return err
	}
	listed := reg.All()
	if c.All {
		listed = reg.Versions()
	}
	found := []listedPlugin{}
	for _, p := range listed {
		found = append(found, listedPlugin{p.Name, p.Version, p.Path, p.SHA256, origins[p.Path]})
	}
	if c.JSON {
		return app.printJSON(map[string]any{"plugins": found, "rejected": reg.Rejected()})
	}
	for _, p := range found {
		from := ""
		if p.Source != "" {
			from = "  from " + p.Source
		}
		fmt.Fprintf(app.Out, "%-16s %-10s %s%s\n", p.Name, p.Version, relative(p.Path), from)
	}
	if len(found) == 0 {
		fmt.Fprintln(app.Err, "No plugin was found. `assay init` installs those that experiments require, `make build` puts the first-party ones into bin/plugins; --plugin-dir names other folders.")
	}
	if c.All {
		for _, r := range reg.Rejected() {
			fmt.Fprintf(app.Out, "passed over: %s: %s\n", relative(r.Path), r.Reason)
		}
	}
	return nil
}

type pluginDocs struct {
	Name string `arg:"" help:"The plugin."`
	JSON bool   `name:"json" help:"Print the plugin's description as JSON."`
}

func (c *pluginDocs) Run(ctx context.Context, app *App) error {
	reg, err := app.plugins(ctx, ".")
	if err != nil {
		return err
	}
	p, err := reg.Get(c.Name, "")
	if err != nil {
		return err
	}
	if c.JSON {
		return app.printJSON(p.Describe)
	}
	text, err := documentation(p.Describe)
	if err != nil {
		return err
	}
	fmt.Fprint(app.Out, text)
	return nil
}

// documentation of a plugin as markdown: what it says of itself, its phases,
// its metrics and its configuration.
func documentation(d *pluginv1.DescribeResponse) (string, error) {
	block, err := schema.Compile(d.GetName(), d.GetConfig())
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# %s %s\n\n%s\n\n## Phases\n\n", d.GetName(), d.GetVersion(), strings.TrimSpace(d.GetMarkdown()))
	if len(d.GetPhases()) == 0 {
		fmt.Fprint(&b, "Those that the configuration names.\n")
	} else {
		fmt.Fprint(&b, "| phase | unit | single iterations | what is timed |\n|---|---|---|---|\n")
	}
	for _, p := range d.GetPhases() {
		single := map[bool]string{true: "yes", false: "no"}[p.GetSingle()]
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", p.GetName(), p.GetUnit(), single, p.GetDescription())
	}
	if len(d.GetMetrics()) > 0 {
		fmt.Fprint(&b, "\n## Metrics\n\n| metric | unit | better | meaning |\n|---|---|---|---|\n")
	}
	for _, m := range d.GetMetrics() {
		better := map[pluginv1.Metric_Better]string{pluginv1.Metric_BETTER_LOWER: "lower", pluginv1.Metric_BETTER_HIGHER: "higher"}[m.GetBetter()]
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", m.GetName(), m.GetUnit(), better, m.GetDescription())
	}
	fmt.Fprint(&b, "\n"+block.Markdown("Configuration", 2))
	return b.String(), nil
}
