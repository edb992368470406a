package sdk

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/sdk/wire"
)

// Serve is the whole main of a plugin. It returns when the host is done, or
// exits: 1 with a text on stderr when the plugin is defective or was started
// by hand, 86 when its connection to the host is gone. If the host itself is
// gone, the processes that the plugin started end with it.
//
// With "describe" as first argument it prints the description as JSON; with
// "tool", it runs one of the plugin's Tools.
func Serve[C any](p Plugin[C], opts ...Option) {
	log := newLogger()
	server, err := NewServer(p, log, opts...)
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
	if len(os.Args) > 1 && os.Args[1] == wire.DescribeArg {
		if err := PrintDescription(os.Stdout, server.describe()); err != nil {
			fmt.Fprintln(os.Stderr, "error:", err)
			os.Exit(1)
		}
		return
	}
	if len(os.Args) > 1 && os.Args[1] == wire.ToolArg {
		if err := runTool(p.Name, p.Tools, os.Args[2:], os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "error:", err)
			os.Exit(1)
		}
		return
	}
	if os.Getenv(wire.CookieKey) != wire.CookieValue {
		fmt.Fprintf(os.Stderr, byHand, p.Name, p.Version, os.Args[0], p.Name)
		os.Exit(1)
	}
	ServeProtocol(server, log)
	server.Shutdown()
}

const byHand = `%s %s is a plugin of assay, a framework for kernel experiments.
It is started by assay, not by hand:

  %s describe      prints what it measures, as JSON
  assay plugin docs %s
  assay run FILE.hcl   with  plugin = "…"  in an experiment block
`

// ServeProtocol serves any implementation of the protocol through go-plugin
// until the host is done. Serve is the usual way; this one is for programs
// that wrap a Server or implement the protocol themselves.
func ServeProtocol(server pluginv1.PluginServer, log hclog.Logger) {
	watchLifeline()
	stderr := os.Stderr
	// go-plugin points os.Stdout and os.Stderr at a stream to the host, which
	// loses what is in flight when the process dies. Both go to the real stderr
	// again before the first call is handled, in order with panics and logs.
	restore := sync.OnceFunc(func() { os.Stdout, os.Stderr = stderr, stderr })
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig:  wire.Handshake(),
		VersionedPlugins: wire.Plugins(server),
		Logger:           log,
		GRPCServer: func(opts []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(opts,
				grpc.MaxRecvMsgSize(wire.MaxMessage),
				grpc.UnaryInterceptor(func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
					restore()
					return next(ctx, req)
				}),
				grpc.StreamInterceptor(func(srv any, ss grpc.ServerStream, _ *grpc.StreamServerInfo, next grpc.StreamHandler) error {
					restore()
					return next(srv, ss)
				}))...)
		},
	})
}

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

// newLogger writes JSON lines to stderr, which the host turns into its own log
// lines.
func newLogger() hclog.Logger {
	level := hclog.LevelFromString(os.Getenv(wire.EnvLogLevel))
	if level == hclog.NoLevel {
		level = hclog.Info
	}
	return hclog.New(&hclog.LoggerOptions{Level: level, Output: os.Stderr, JSONFormat: true})
}

// watchLifeline ends the process when the host does, however it ended: the
// host holds the other end of this pipe and never writes to it.
func watchLifeline() {
	fd, err := strconv.Atoi(os.Getenv(wire.EnvLifeline))
	if err != nil || fd < 3 {
		return
	}
	closeOnExec(fd)
	host := os.Getppid()
	pipe := os.NewFile(uintptr(fd), "lifeline")
	go func() {
		_, _ = pipe.Read(make([]byte, 1))
		// The host can no longer remove the socket's folder.
		if dir := os.Getenv(plugin.EnvUnixSocketDir); dir != "" {
			_ = os.RemoveAll(dir)
			_ = os.Remove(filepath.Dir(dir)) // fails unless it is empty
		}
		endGroup(host)
		os.Exit(wire.ExitOrphaned)
	}()
}
