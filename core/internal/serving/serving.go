package serving

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/sdk/wire"
)

// Server is the protocol of one plugin.
type Server interface {
	pluginv1.PluginServer
	Tool(args []string, out io.Writer) error
	Shutdown()
}

// Options of a Server.
type Options struct {
	Log hclog.Logger     // nil: none
	Now func() time.Time // nil: the machine's clock
}

// Main is the whole main of a plugin. It returns when the host is done, or exits:
// 1 with a text on stderr when the plugin was started by hand or a tool fails, 86
// when its connection to the host is gone. If the host itself is gone, the
// processes that the plugin started end with it.
//
// With "describe" as first argument it prints the description as JSON; with
// "tool", it runs one of the plugin's tools.
func Main(server Server, log hclog.Logger) {
	var err error
	switch {
	case len(os.Args) > 1 && os.Args[1] == wire.DescribeArg:
		var d *pluginv1.DescribeResponse
		if d, err = server.Describe(context.Background(), &pluginv1.DescribeRequest{}); err == nil {
			err = PrintDescription(os.Stdout, d)
		}
	case len(os.Args) > 1 && os.Args[1] == wire.ToolArg:
		err = server.Tool(os.Args[2:], os.Stdout)
	case os.Getenv(wire.CookieKey) != wire.CookieValue:
		d, _ := server.Describe(context.Background(), &pluginv1.DescribeRequest{})
		fmt.Fprintf(os.Stderr, byHand, d.GetName(), d.GetVersion(), os.Args[0], d.GetName())
		os.Exit(1)
	default:
		Protocol(server, log)
		server.Shutdown()
	}
	if err != nil {
		Exit(err)
	}
}

// Exit ends a plugin that is defective.
func Exit(err error) {
	fmt.Fprintln(os.Stderr, "error:", err)
	os.Exit(1)
}

const byHand = `%s %s is a plugin of assay, a framework for kernel experiments.
It is started by assay, not by hand:

  %s describe      prints what it measures, as JSON
  assay plugin docs %s
  assay run FILE.hcl   with  plugin = "…"  in an experiment block
`

// PrintDescription writes a description as the describe argument prints it.
func PrintDescription(w io.Writer, d *pluginv1.DescribeResponse) error {
	text, err := protojson.Marshal(d)
	if err != nil {
		return err
	}
	var out bytes.Buffer // protojson varies its white space on purpose
	if err := json.Indent(&out, text, "", "  "); err != nil {
		return err
	}
	out.WriteByte('\n')
	_, err = out.WriteTo(w)
	return err
}

// NewLogger writes JSON lines to stderr, which the host turns into its own log
// lines.
func NewLogger() hclog.Logger {
	level := hclog.LevelFromString(os.Getenv(wire.EnvLogLevel))
	if level == hclog.NoLevel {
		level = hclog.Info
	}
	return hclog.New(&hclog.LoggerOptions{Level: level, Output: os.Stderr, JSONFormat: true})
}
