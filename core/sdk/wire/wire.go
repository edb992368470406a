// Package wire holds what both ends of the plugin protocol must agree on beyond the
// .proto file: the go-plugin handshake, the environment the host sets, exit statuses
// and the prefixes of error texts.
package wire

import (
	"context"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/assay-bench/assay/core/proto/pluginv1"
)

// ProtocolVersion is go-plugin's application protocol version. It equals the
// major version of the proto package.
const ProtocolVersion = 1

// ServiceName is the one plugin that a go-plugin PluginSet of Assay holds.
const ServiceName = "assay"

// The handshake cookie only keeps people from starting a plugin by hand. It
// never changes.
const (
	CookieKey   = "ASSAY_PLUGIN_COOKIE"
	CookieValue = "fineness-is-found-by-fire"
)

// Environment that the host sets for every plugin.
const (
	EnvLifeline = "ASSAY_LIFELINE_FD" // descriptor that reads end-of-file when the host is gone
	EnvLogLevel = "ASSAY_LOG_LEVEL"   // trace, debug, info, warn or error
)

// ExitOrphaned is the status of a plugin that ended because its host was gone.
const ExitOrphaned = 86

// DescribeArg as the first argument makes a plugin print its description as
// JSON and exit, without a host.
const DescribeArg = "describe"

// ToolArg as the first argument makes a plugin run the command of its own that
// the other arguments name.
const ToolArg = "tool"

// MaxMessage is the largest message either side accepts, in bytes.
const MaxMessage = 16 << 20

// Handshake is go-plugin's handshake for protocol version 1.
func Handshake() plugin.HandshakeConfig {
	return plugin.HandshakeConfig{
		ProtocolVersion:  ProtocolVersion,
		MagicCookieKey:   CookieKey,
		MagicCookieValue: CookieValue,
	}
}

// Plugins is the versioned plugin set of either side; the host passes nil.
func Plugins(server pluginv1.PluginServer) map[int]plugin.PluginSet {
	return map[int]plugin.PluginSet{ProtocolVersion: {ServiceName: &grpcPlugin{server: server}}}
}

type grpcPlugin struct {
	plugin.NetRPCUnsupportedPlugin
	server pluginv1.PluginServer
}

func (p *grpcPlugin) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error {
	pluginv1.RegisterPluginServer(s, p.server)
	return nil
}

func (p *grpcPlugin) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return pluginv1.NewPluginClient(conn), nil
}
