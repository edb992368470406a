package serving

import (
	"context"
	"os"
	"sync"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/sdk/wire"
)

// Protocol serves an implementation of the protocol through go-plugin until the
// host is done.
func Protocol(server pluginv1.PluginServer, log hclog.Logger) {
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
