package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	pluginsource "github.com/assay-bench/assay/core/source"
)

// pluginMirror saves pinned releases for machines without network.
type pluginMirror struct {
	Folder   string   `arg:"" type:"path" help:"The mirror, as --mirror of assay init takes it."`
	Paths    []string `arg:"" optional:"" type:"path" default:"." help:"Folder of *.hcl files, or single files."`
	Platform []string `name:"platform" placeholder:"OS_ARCH" help:"Only the archives for this platform, such as linux_arm64; may be given more than once."`
	JSON     bool     `name:"json" help:"Print JSON."`
}

func (c *pluginMirror) Run(ctx context.Context, app *App) error {
	module, lock, err := app.required(c.Paths)
	if err != nil {
		return err
	}
	in := app.installer(lock, module.Dir, "")
	saved := []string{}
	for _, local := range slices.Sorted(maps.Keys(module.RequiredPlugins)) {
		w := wanted(module, local)
		if w.Source.Kind != pluginsource.GitHub {
			continue
		}
		dir, err := in.Mirror(ctx, w, c.Folder, platforms(c.Platform))
		if err != nil {
			return err
		}
		saved = append(saved, dir)
	}
	if len(saved) == 0 {
		return fmt.Errorf("%s requires no plugin of a source that a mirror stands for, such as github.com/OWNER/%sNAME", module.Dir, pluginsource.Prefix)
	}
	if c.JSON {
		return app.printJSON(map[string]any{"saved": saved})
	}
	for _, dir := range saved {
		fmt.Fprintf(app.Out, "saved: %s\n", relative(dir))
	}
	return nil
}

// platforms are named as releases name them; Go's own way is taken as well.
func platforms(named []string) []string {
	out := make([]string, len(named))
	for i, p := range named {
		out[i] = strings.ReplaceAll(p, "/", "_")
	}
	return out
}
