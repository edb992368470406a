package cli

import (
	"context"
	"fmt"

	"github.com/hashicorp/go-hclog"

	"github.com/assay-bench/assay/core/serve"
)

type serveCommand struct {
	Folder string `arg:"" optional:"" type:"path" default:"results" help:"Folder of result documents."`
	Port   int    `name:"port" default:"8417" placeholder:"N" help:"Port of 127.0.0.1; 0 takes one that is free."`
	JSON   bool   `name:"json" help:"Print JSON."`
}

// Help is printed by assay serve --help.
func (c *serveCommand) Help() string {
	return "Shows a folder in a browser of this machine: the pages that `assay report` writes, made when they are opened, and what sessions do that are being measured. It writes nothing into the folder, and answers to 127.0.0.1 alone; to look from another machine, forward the port: ssh -L 8417:127.0.0.1:8417 HOST. Ctrl-C ends it."
}

// Validate is called by kong.
func (c *serveCommand) Validate() error {
	if c.Port < 0 || c.Port > 65535 {
		return fmt.Errorf("--port %d: a port is a number from 0 to 65535", c.Port)
	}
	return nil
}

func (c *serveCommand) Run(ctx context.Context, app *App) error {
	server, err := serve.Open(serve.Options{
		Folder: c.Folder, Index: app.indexOf(c.Folder), Shown: relative, GoOn: goOn,
		Warn: func(err error) { fmt.Fprintf(app.Err, "assay: warning: %v\n", err) },
	})
	if err != nil {
		return err
	}
	listener, err := serve.Listen(c.Port)
	if err != nil {
		return err
	}
	url := fmt.Sprintf("http://%s/", listener.Addr())
	if c.JSON {
		err = app.printJSON(map[string]string{"url": url})
	} else {
		_, err = fmt.Fprintf(app.Out, "%s shows %s; Ctrl-C ends it\n", url, relative(c.Folder))
	}
	if err != nil {
		return err
	}
	return server.Run(ctx, listener, app.log.StandardLogger(&hclog.StandardLoggerOptions{ForceLevel: hclog.Debug}))
}
