package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/sdk/wire"
)

// byHand speaks the protocol without the SDK and without TLS, as a plugin in
// another language would, and breaks it in one place.
type byHand struct {
	pluginv1.UnimplementedPluginServer
	fault string
	ended chan struct{} // Shutdown was called

	mu    sync.Mutex
	cases map[string]handCase
	asked int // calls of ValidateConfig and Describe
}

// has says whether this is the fault.
func (b *byHand) has(fault string) bool { return b.fault == fault }

// serveByHand is the whole plugin.
func serveByHand(fault string) {
	checkFault(fault)
	b := &byHand{fault: fault, ended: make(chan struct{}), cases: map[string]handCase{}}
	if len(os.Args) > 1 && os.Args[1] == wire.DescribeArg {
		b.printDescription()
		return
	}
	if b.has("ignores-sigterm") {
		signal.Ignore(syscall.SIGTERM)
	}
	switch fault {
	case "no-handshake":
		return
	case "late-handshake":
		time.Sleep(time.Hour)
	case "prints-first":
		fmt.Println("loading kernels … ok")
	case "early-device":
		_, _ = syscall.Open(filepath.Join(filepath.Dir(os.Args[0]), "gpu0"), syscall.O_RDONLY, 0) // stays open
	}
	listener, err := b.listen()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(wire.MaxMessage))
	pluginv1.RegisterPluginServer(server, b)
	server.RegisterService(b.controller(), nil)
	go func() { _ = server.Serve(listener) }()
	version := wire.ProtocolVersion
	if b.has("protocol-2") {
		version = 2
	}
	fmt.Printf("1|%d|%s|%s|grpc|\n", version, listener.Addr().Network(), listener.Addr())
	go b.lifeline()
	<-b.ended
	if b.has("ignores-shutdown") {
		time.Sleep(time.Hour)
	}
	time.Sleep(10 * time.Millisecond) // the answer to Shutdown is on its way
	if b.has("shutdown-status") {
		os.Exit(5)
	}
}

func (b *byHand) listen() (net.Listener, error) {
	if b.has("tcp") {
		return net.Listen("tcp", "127.0.0.1:0")
	}
	return net.Listen("unix", filepath.Join(os.Getenv("PLUGIN_UNIX_SOCKET_DIR"), "s"))
}

// controller is go-plugin's service, of which only this call is needed.
func (b *byHand) controller() *grpc.ServiceDesc {
	end := sync.OnceFunc(func() { close(b.ended) })
	return &grpc.ServiceDesc{
		ServiceName: "plugin.GRPCController", HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{{MethodName: "Shutdown", Handler: func(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
			end()
			return &emptypb.Empty{}, decode(&emptypb.Empty{})
		}}},
	}
}

// lifeline ends the process with its host.
func (b *byHand) lifeline() {
	if b.has("ignores-lifeline") {
		return
	}
	fd, err := strconv.Atoi(os.Getenv(wire.EnvLifeline))
	if err != nil {
		return
	}
	_, _ = os.NewFile(uintptr(fd), "lifeline").Read(make([]byte, 1))
	if b.has("orphan-status") {
		os.Exit(0)
	}
	os.Exit(wire.ExitOrphaned)
}

func (b *byHand) printDescription() {
	if b.has("no-describe") {
		fmt.Fprintln(os.Stderr, "usage: plugin [--serve]")
		os.Exit(2)
	}
	d := b.description()
	switch b.fault {
	case "other-description":
		d.Version = "0.2.0"
	case "other-name":
		d.Name = "good"
	}
	text, err := protojson.Marshal(d)
	if err != nil {
		os.Exit(1)
	}
	fmt.Printf("%s\n", text)
}
