package cli

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/registry"
)

// pluginLock pins the plugins that experiments require to the binaries that
// are installed now. A binary that changes later is refused.
type pluginLock struct {
	Paths    []string `arg:"" optional:"" type:"path" default:"." help:"Folder of *.hcl files, or single files."`
	Platform []string `name:"platform" placeholder:"OS_ARCH" help:"Pin the binaries for this platform, such as darwin_arm64, out of the releases that are pinned; may be given more than once."`
	Mirror   string   `name:"mirror" env:"ASSAY_PLUGIN_MIRROR" type:"path" placeholder:"DIR" help:"Take releases from this folder in place of the network."`
	JSON     bool     `name:"json" help:"Print what was pinned as JSON."`
}

func (c *pluginLock) Run(ctx context.Context, app *App) error {
	module, lock, err := app.required(c.Paths)
	if err != nil {
		return err
	}
	path := filepath.Join(module.Dir, registry.LockName)
	if len(c.Platform) > 0 {
		return c.platforms(ctx, app, module, lock, path)
	}
	// What is pinned today must not keep the new binary from being found.
	reg, err := app.discover(ctx, "")
	if err != nil {
		return err
	}
	pinned := []listedPlugin{}
	pins := map[string][]registry.Pin{} // several versions of a plugin may be required
	for _, local := range slices.Sorted(maps.Keys(module.RequiredPlugins)) {
		required := module.RequiredPlugins[local]
		p, err := reg.Get(module.PluginName(local), required.Version)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(pins[p.Name], func(o registry.Pin) bool { return o.Version == p.Version }) {
			continue
		}
		pins[p.Name] = append(pins[p.Name], registry.Pin{Installed: p, Source: required.Source, Constraint: required.Version})
		pinned = append(pinned, listedPlugin{p.Name, p.Version, p.Path, p.SHA256, required.Source})
	}
	// What is pinned and not required, such as a plugin that was, is pinned anew too.
	for _, name := range lock.Names() {
		if p, err := reg.Get(name, ""); err == nil && pins[name] == nil {
			pins[name] = []registry.Pin{{Installed: p, Source: lock.Source(name)}}
			pinned = append(pinned, listedPlugin{p.Name, p.Version, p.Path, p.SHA256, lock.Source(name)})
		}
	}
	for name, versions := range pins {
		lock.Pin(name, versions...)
	}
	if len(pinned) == 0 {
		return fmt.Errorf("%s requires no plugin: name them in assay { required_plugins { … } }", module.Dir)
	}
	if err := lock.Write(path); err != nil {
		return err
	}
	if c.JSON {
		return app.printJSON(pinned)
	}
	for _, p := range pinned {
		fmt.Fprintf(app.Out, "%s %s pinned in %s\n", p.Name, p.Version, relative(path))
	}
	return nil
}

// platforms pins the binaries for other platforms.
func (c *pluginLock) platforms(ctx context.Context, app *App, module *config.Module, lock *registry.Lock, path string) error {
	c.Platform = platforms(c.Platform)
	in := app.installer(lock, module.Dir, c.Mirror)
	pinned := []listedPlugin{}
	for _, local := range slices.Sorted(maps.Keys(module.RequiredPlugins)) {
		w := wanted(module, local)
		if !w.Source.Fetched() {
			continue
		}
		version, err := in.Hashes(ctx, w, c.Platform)
		if err != nil {
			return err
		}
		pinned = append(pinned, listedPlugin{Name: w.Name, Version: version, Source: w.Source.Text})
	}
	if len(pinned) == 0 {
		return fmt.Errorf("%s requires no plugin of a source that has releases for %s", module.Dir, strings.Join(c.Platform, ", "))
	}
	if err := lock.Write(path); err != nil {
		return err
	}
	if c.JSON {
		return app.printJSON(pinned)
	}
	for _, p := range pinned {
		fmt.Fprintf(app.Out, "%s %s pinned for %s in %s\n", p.Name, p.Version, strings.Join(c.Platform, ", "), relative(path))
	}
	return nil
}
