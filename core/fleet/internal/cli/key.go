package cli

import (
	"fmt"
	"os"
	"os/user"

	"github.com/assay-bench/assay/core/fleet/internal/job"
)

type keyCommand struct {
	File string `arg:"" type:"path" help:"Where the private key goes; FILE.pub has the line that workers take."`
}

func (c *keyCommand) Run(app *App) error {
	comment := "someone"
	if u, err := user.Current(); err == nil {
		comment = u.Username
	}
	if host, err := os.Hostname(); err == nil {
		comment += "@" + host
	}
	line, err := job.NewKey(c.File, comment)
	if err != nil {
		return err
	}
	fmt.Fprintf(app.Out, "%s\nA worker started with --keys FILE runs the jobs that `assay-fleet run --key %s` signs, once FILE has this line.\n", line, c.File)
	return nil
}
