package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"time"

	"github.com/alecthomas/kong"

	"github.com/assay-bench/assay/core/internal/proctree"
	"github.com/assay-bench/assay/core/process"
	"github.com/assay-bench/assay/core/sdk/wire"
)

// toolGrace is for a plugin's command to remove what is half written.
const toolGrace = time.Second

// pluginTool runs a command that a plugin brings.
type pluginTool struct {
	Args []string `arg:"" name:"name" help:"The plugin, its command and the command's arguments; the plugin alone: its commands."`
}

func (c *pluginTool) Run(ctx context.Context, app *App) error {
	reg, err := app.plugins(ctx, ".")
	if err != nil {
		return err
	}
	p, err := reg.Get(c.Args[0], "")
	if err != nil {
		return err
	}
	program, err := process.OpenProgram(p.Path)
	if err != nil {
		return err
	}
	defer program.Close() //nolint:errcheck // read only
	if err := program.Verify(p.SHA256); err != nil {
		return err
	}
	cmd := program.Command("", append([]string{wire.ToolArg}, c.Args[1:]...)...)
	cmd.Env = process.AllowedEnv(os.Environ())
	cmd.Stdout, cmd.Stderr = app.Out, app.Err
	var ended *exec.ExitError
	if err := proctree.Run(ctx, cmd, toolGrace); errors.As(err, &ended) {
		if ended.ExitCode() < 0 { // by a signal
			return cannotStart{fmt.Errorf("plugin %s: its command ended by itself: %w", p.Name, err)}
		}
		return told(BadUsage)
	} else if err != nil {
		return err
	}
	return nil
}

// asTool reads `assay NAME ARGS…` as the command of a plugin, if NAME is none of
// assay's own and a plugin is called so.
func (a *App) asTool(ctx context.Context, parser *kong.Kong, g *grammar, args []string) *kong.Context {
	if slices.ContainsFunc(parser.Model.Children, func(n *kong.Node) bool { return n.Name == args[0] }) {
		return nil
	}
	command, err := parser.Parse(append([]string{"plugin", "tool"}, args...))
	if err != nil {
		return nil
	}
	a.configure(g)
	reg, err := a.plugins(ctx, ".")
	if err != nil {
		return nil
	}
	if _, err := reg.Get(args[0], ""); err != nil {
		return nil
	}
	return command
}
