package cli

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/registry"
)

// pluginLock pins the plugins that experiments require to the binaries that
// are installed now. A binary that changes later is refused.
type pluginLock struct {
	Paths []string `arg:"" optional:"" type:"path" default:"." help:"Folder of *.hcl files, or single files."`
	JSON  bool     `name:"json" help:"Print what was pinned as JSON."`
}

func (c *pluginLock) Run(ctx context.Context, app *App) error {
	module, diags := config.Load(c.Paths, config.Options{Env: app.Getenv, Version: Version})
	if err := app.faults(diags, module.Files()); err != nil {
		return err
	}
	path := filepath.Join(module.Dir, registry.LockName)
	lock, err := registry.ReadLock(path)
	if err != nil {
		return err
	}
	// What is pinned today must not keep the new binary from being found.
	reg, err := registry.Discover(ctx, registry.Options{Dirs: app.pluginDirs, Getenv: app.Getenv})
	if err != nil {
		return err
	}
	pinned := []listedPlugin{}
	for name, required := range module.RequiredPlugins {
		p, err := reg.Get(name, required.Version)
		if err != nil {
			return err
		}
		lock.Pin(p, required.Version)
		pinned = append(pinned, listedPlugin{p.Name, p.Version, p.Path, p.SHA256})
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
