package cli

import (
	"context"
	"fmt"
	"net"
	"strings"

	"github.com/assay-bench/assay/core/fleet/internal/connect"
	"github.com/assay-bench/assay/core/fleet/internal/job"
	"github.com/assay-bench/assay/core/fleet/internal/server"
	"github.com/assay-bench/assay/core/internal/crash"
)

type upCommand struct {
	Server      string `name:"server" env:"ASSAY_FLEET_SERVER" placeholder:"FILE" help:"The program of the server; by default temporal-server, else temporal in $PATH; none: one runs at --address that someone else started."`
	Address     string `name:"address" env:"TEMPORAL_ADDRESS" default:"127.0.0.1:7233" placeholder:"IP:PORT" help:"Where it listens. The seven ports after it are used as well, on this machine only."`
	Namespace   string `name:"namespace" env:"TEMPORAL_NAMESPACE" default:"default" help:"Its namespace."`
	State       string `name:"state" type:"path" placeholder:"DIR" help:"Folder of its database and its log; by default ~/.local/state/assay/fleet-server."`
	Database    string `name:"database" env:"ASSAY_FLEET_DATABASE" placeholder:"URL" help:"postgres://USER:PASSWORD@HOST:PORT/NAME, in place of SQLite."`
	UIPort      int    `name:"ui-port" default:"8233" help:"Where the user interface listens, which only Temporal's command line has."`
	StoreListen string `name:"store-listen" env:"ASSAY_FLEET_STORE_LISTEN" default:"127.0.0.1:7250" placeholder:"IP:PORT" help:"Where the store listens that takes what is over 1 MiB."`
	Level       string `name:"server-log" default:"warn" help:"Log lines of the server to keep: debug, info, warn or error."`
	connect.TLS
}

func (c *upCommand) Run(ctx context.Context, app *App) error {
	if err := c.checkTLS(); err != nil {
		return err
	}
	if c.State == "" {
		var err error
		if c.State, err = app.state("fleet-server"); err != nil {
			return err
		}
	}
	f := server.Fleet{
		Settings:  server.Settings{State: c.State, Address: c.Address, Database: c.Database, TLS: c.TLS, Log: c.Level},
		Server:    connect.Server{Address: local(c.Address), Namespace: c.Namespace, TLS: c.TLS},
		Namespace: c.Namespace, UI: c.UIPort, Listen: c.StoreListen, Out: app.Out, Logger: app.Logger,
	}
	if c.Server != "none" {
		b, err := server.Find(ctx, c.Server, c.Cert != "" || c.Database != "")
		if err != nil {
			return err
		}
		f.Binary = &b
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	crash.Go(func() {
		<-app.Signals
		cancel()
	})
	return server.Up(ctx, f, func() { c.say(app, f) })
}

// checkTLS: a server with half of its certificates would serve anyone.
func (c *upCommand) checkTLS() error {
	if c.CA == "" && c.Cert == "" && c.Key == "" {
		if host, _, err := net.SplitHostPort(c.Address); err == nil && host != "localhost" && !net.ParseIP(host).IsLoopback() {
			return fmt.Errorf("--address %s: other machines reach it, and without certificates whoever reaches it runs programs on the workers: name --tls-ca, --tls-cert and --tls-key", c.Address)
		}
		return nil
	}
	if c.CA == "" || c.Cert == "" || c.Key == "" || c.Name == "" {
		return fmt.Errorf("certificates are --tls-ca, --tls-cert, --tls-key and --tls-server-name, all four")
	}
	return nil
}

func (c *upCommand) say(app *App, f server.Fleet) {
	if f.Binary != nil {
		fmt.Fprintf(app.Out, "server %s (%s) at %s, database in %s\n", f.Binary.Version, f.Binary.Path, c.Address, c.where())
		if f.Binary.CLI {
			fmt.Fprintf(app.Out, "user interface: http://127.0.0.1:%d\n", c.UIPort)
		}
	} else {
		fmt.Fprintf(app.Out, "server at %s, started by someone else\n", c.Address)
	}
	scheme := "http"
	if c.Cert != "" {
		scheme = "https"
	}
	fmt.Fprintf(app.Out, "store: --store %s://%s\n", scheme, c.StoreListen)
	fmt.Fprintf(app.Out, "next: `assay-fleet worker --class NAME` on each machine, `assay-fleet run SUITE` here; results over %d KiB need --store on both\n", job.MaxInline>>10)
}

func (c *upCommand) where() string {
	if c.Database != "" {
		return "PostgreSQL"
	}
	return c.State
}

// local is an address that listens on all interfaces, as it is reached from here.
func local(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err == nil && strings.HasPrefix(host, "0.0.0.0") {
		return "127.0.0.1:" + port
	}
	return address
}
