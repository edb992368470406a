package cli

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/registry"
	"github.com/assay-bench/assay/core/release"
	pluginsource "github.com/assay-bench/assay/core/source"
)

// initCommand installs what required_plugins names, and pins it.
type initCommand struct {
	Paths   []string `arg:"" optional:"" type:"path" default:"." help:"Folder of *.hcl files, or single files."`
	Upgrade bool     `name:"upgrade" help:"Take the newest versions that are allowed, whatever is pinned."`
	Mirror  string   `name:"mirror" env:"ASSAY_PLUGIN_MIRROR" type:"path" placeholder:"DIR" help:"Take releases from this folder in place of the network: DIR/github.com/OWNER/REPOSITORY/vX.Y.Z/FILE."`
	JSON    bool     `name:"json" help:"Print JSON."`
}

// Help is printed by assay init --help.
func (c *initCommand) Help() string {
	return "For each entry of required_plugins whose source is github.com/OWNER/assay-plugin-NAME, a folder of releases or an archive, the pinned version is installed,\n" +
		"or where none is pinned the newest that the entry allows. Its archive is held against SHA256SUMS and unpacked into your folder of plugins; assay.lock.hcl\n" +
		"pins version, source and the digests for all platforms. Installing a plugin is consent to start it.\n\n" +
		"ASSAY_GITHUB_URL is an address in place of https://github.com, GITHUB_TOKEN a token for many requests."
}

// installedNow is what init says of a plugin.
type installedNow struct {
	listedPlugin
	Fresh  bool `json:"fresh"`  // it was not there before
	Signed bool `json:"signed"` // its sums are signed with public_key
	Pinned bool `json:"pinned"`
}

func (c *initCommand) Run(ctx context.Context, app *App) error {
	module, lock, err := app.required(c.Paths)
	if err != nil {
		return err
	}
	path := filepath.Join(module.Dir, registry.LockName)
	in := app.installer(lock, module.Dir, c.Mirror)
	in.Upgrade = c.Upgrade
	said := []installedNow{}
	pins := map[string][]registry.Pin{} // several versions of a plugin may be required
	for _, local := range slices.Sorted(maps.Keys(module.RequiredPlugins)) {
		w := wanted(module, local)
		if !w.Source.Fetched() {
			found, err := app.elsewhere(ctx, path, w)
			if err != nil {
				return err
			}
			said = append(said, *found)
			continue
		}
		i, err := in.Install(ctx, w)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(pins[w.Name], func(o registry.Pin) bool { return o.Version == i.Version }) {
			pins[w.Name] = append(pins[w.Name], i.Pin)
		}
		said = append(said, installedNow{listedPlugin{i.Name, i.Version, i.Path, i.SHA256, i.Source}, i.Fresh, i.Signed, true})
	}
	for name, versions := range pins {
		lock.Pin(name, versions...)
	}
	if len(pins) > 0 {
		if err := lock.Write(path); err != nil {
			return err
		}
	}
	if c.JSON {
		return app.printJSON(map[string]any{"lock": path, "plugins": said})
	}
	app.sayInstalled(said, module.Dir, relative(path))
	return nil
}

func (a *App) sayInstalled(said []installedNow, dir, lock string) {
	if len(said) == 0 {
		fmt.Fprintf(a.Out, "%s requires no plugin: there is nothing to install.\n", dir)
	}
	for _, p := range said {
		how := "is installed, pinned in " + lock
		switch {
		case !p.Pinned:
			how = "found at " + relative(p.Path)
		case p.Fresh:
			how = "installed from " + p.Source + ", pinned in " + lock
		}
		if p.Signed {
			how += ", signed"
		}
		fmt.Fprintf(a.Out, "%-16s %-10s %s\n", p.Name, p.Version, how)
	}
}

// elsewhere finds a plugin whose source names no place to fetch it from.
func (a *App) elsewhere(ctx context.Context, lock string, w registry.Wanted) (*installedNow, error) {
	reg, err := a.discover(ctx, lock)
	if err != nil {
		return nil, err
	}
	p, err := reg.Get(w.Name, w.Constraint)
	if err != nil {
		return nil, fmt.Errorf("%w; its source names no place to install it from, such as github.com/OWNER/%s%s", err, pluginsource.Prefix, w.Name)
	}
	return &installedNow{listedPlugin: listedPlugin{p.Name, p.Version, p.Path, p.SHA256, w.Source.Text}}, nil
}

// installer puts plugins into the user's folder. Paths of sources are relative to dir.
func (a *App) installer(lock *registry.Lock, dir, mirror string) *registry.Installer {
	return &registry.Installer{Dir: registry.UserFolder(a.Getenv), Lock: lock, From: release.Options{Dir: dir, Mirror: mirror, Getenv: a.Getenv}}
}

// required reads what experiments require, without their variables' values, and the
// lock file beside them.
func (a *App) required(paths []string) (*config.Module, *registry.Lock, error) {
	module, diags := config.Load(paths, config.Options{NoValues: true, Version: Version})
	if err := a.faults(diags, module.Files()); err != nil {
		return nil, nil, err
	}
	lock, err := registry.ReadLock(filepath.Join(module.Dir, registry.LockName))
	return module, lock, err
}

// wanted is an entry of required_plugins.
func wanted(module *config.Module, local string) registry.Wanted {
	required := module.RequiredPlugins[local]
	return registry.Wanted{Name: module.PluginName(local), Source: pluginsource.Of(required.Source), Constraint: required.Version, PublicKey: required.PublicKey}
}
