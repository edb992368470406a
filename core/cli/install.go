package cli

import (
	"context"
	"fmt"

	"github.com/assay-bench/assay/core/registry"
	"github.com/assay-bench/assay/core/release"
	pluginsource "github.com/assay-bench/assay/core/source"
)

// pluginInstall installs a plugin that no experiment requires yet.
type pluginInstall struct {
	Source    string `arg:"" help:"github.com/OWNER/assay-plugin-NAME, a folder of releases, or an archive: ./assay-plugin-NAME_vX.Y.Z_OS_ARCH.tar.gz."`
	Want      string `arg:"" optional:"" name:"version" help:"Which version, such as '~> 1.2'; by default the newest."`
	PublicKey string `name:"public-key" placeholder:"KEY" help:"The minisign key that the release must be signed with."`
	Mirror    string `name:"mirror" env:"ASSAY_PLUGIN_MIRROR" type:"path" placeholder:"DIR" help:"Take releases from this folder in place of the network."`
	JSON      bool   `name:"json" help:"Print JSON."`
}

func (c *pluginInstall) Run(ctx context.Context, app *App) error {
	from, err := pluginsource.Parse(c.Source)
	switch {
	case err != nil:
		return err
	case !from.Fetched():
		return fmt.Errorf("source %q: %w; write github.com/OWNER/%sNAME, or a path that begins with ./, ../ or /", c.Source, release.ErrNamed, pluginsource.Prefix)
	case from.Name == "":
		return fmt.Errorf("source %q does not say which plugin it has: call the folder %sNAME, or name an archive in it", c.Source, pluginsource.Prefix)
	}
	if err := registry.CheckConstraint(c.Want); err != nil {
		return err
	}
	lock, err := registry.ReadLock("")
	if err != nil {
		return err
	}
	i, err := app.installer(lock, ".", c.Mirror).Install(ctx, registry.Wanted{Name: from.Name, Source: from, Constraint: c.Want, PublicKey: c.PublicKey})
	if err != nil {
		return err
	}
	said := installedNow{listedPlugin{i.Name, i.Version, i.Path, i.SHA256, i.Source}, i.Fresh, i.Signed, false}
	if c.JSON {
		return app.printJSON(said)
	}
	how := map[bool]string{true: "installed as", false: "is there already:"}[i.Fresh]
	if i.Signed {
		how = "signed, " + how
	}
	fmt.Fprintf(app.Out, "%-16s %-10s %s %s\n", i.Name, i.Version, how, i.Path)
	return nil
}

// pluginRemove takes plugins out of the user's folder.
type pluginRemove struct {
	Name string `arg:"" help:"The plugin."`
	Only string `arg:"" optional:"" name:"version" help:"Its version; by default all of them."`
	JSON bool   `name:"json" help:"Print JSON."`
}

func (c *pluginRemove) Run(ctx context.Context, app *App) error {
	removed, err := registry.Remove(ctx, registry.UserFolder(app.Getenv), c.Name, c.Only)
	if err != nil {
		return err
	}
	if c.JSON {
		return app.printJSON(map[string]any{"removed": removed})
	}
	for _, path := range removed {
		fmt.Fprintf(app.Out, "removed: %s\n", path)
	}
	return nil
}
