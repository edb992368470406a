package cli

import (
	"context"
	"fmt"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/conformance"
	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/schema"
)

type schemaCommand struct {
	Plugin string `arg:"" optional:"" help:"Print the schema of this plugin's configuration; without it, of result documents."`
	Events bool   `name:"events" help:"Print the schema of events, which journals hold and run --json prints."`
	Check  bool   `name:"check" help:"Print the schema of what plugin check --json prints."`
	HCL    bool   `name:"hcl" help:"Print the schema of experiments in HCL's JSON syntax, for editors."`
	JSON   bool   `name:"json" help:"Schemas are JSON; accepted for symmetry."`
}

func (c *schemaCommand) Run(ctx context.Context, app *App) error {
	if c.Events {
		fmt.Fprintf(app.Out, "%s", record.EventSchema)
		return nil
	}
	if c.Check {
		fmt.Fprintf(app.Out, "%s", conformance.Schema)
		return nil
	}
	if c.HCL {
		return app.printJSON(config.JSONSchema())
	}
	if c.Plugin == "" {
		fmt.Fprintf(app.Out, "%s", record.Schema)
		return nil
	}
	reg, err := app.plugins(ctx, ".")
	if err != nil {
		return err
	}
	p, err := reg.Get(c.Plugin, "")
	if err != nil {
		return err
	}
	block, err := schema.Compile(p.Name, p.Describe.GetConfig())
	if err != nil {
		return err
	}
	return app.printJSON(block.JSONSchema(p.Name))
}
