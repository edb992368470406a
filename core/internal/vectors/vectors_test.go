package vectors

import (
	"context"
	"flag"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"github.com/assay-bench/assay/core/internal/serving"
	"github.com/assay-bench/assay/core/process"
	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/sdk"
)

var update = flag.Bool("update", false, "record the conversations anew")

const (
	folder    = "../../proto/vectors"
	pluginEnv = "ASSAY_TEST_VECTORS" // makes the test binary the plugin
)

func TestMain(m *testing.M) {
	if os.Getenv(pluginEnv) != "" {
		sdk.Serve(Plugin())
		return
	}
	os.Exit(m.Run())
}

// The files are what this host and this SDK say to each other.
func TestVectorsAreCurrent(t *testing.T) {
	o := process.Options{Path: os.Args[0], Name: "vectors", Env: append(process.AllowedEnv(os.Environ()), pluginEnv+"=1")}
	described := describe(t)
	files, err := filepath.Glob(folder + "/*.jsonl")
	if err != nil || len(files) != len(conversations) && !*update {
		t.Errorf("%d files in %s, %d conversations, %v", len(files), folder, len(conversations), err)
	}
	for _, c := range conversations {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(folder, c.name+".jsonl")
			got, err := record(t.Context(), o, described, c)
			if err != nil {
				t.Fatal(err)
			}
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != string(want) {
				t.Errorf("%s is not what is said now; `go test ./core/internal/vectors -update` records it anew. Now it is\n%s", path, got)
			}
		})
	}
}

// serve serves the plugin in memory, without a host.
func serve(t *testing.T) *grpc.ClientConn {
	t.Helper()
	server, err := sdk.NewServer(Plugin(), serving.Options{})
	if err != nil {
		t.Fatal(err)
	}
	listener, s := bufconn.Listen(1<<20), grpc.NewServer()
	pluginv1.RegisterPluginServer(s, server)
	go func() { _ = s.Serve(listener) }()
	conn, err := grpc.NewClient("passthrough:///plugin", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(); s.Stop(); server.Shutdown() })
	return conn
}

func describe(t *testing.T) *pluginv1.DescribeResponse {
	t.Helper()
	d, err := pluginv1.NewPluginClient(serve(t)).Describe(t.Context(), &pluginv1.DescribeRequest{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func read(t *testing.T, name string) []Line {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(folder, name+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	lines, err := Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// Without the host, the SDK for Go answers as recorded.
func TestReplay(t *testing.T) {
	for _, c := range conversations {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if err := Replay(t.Context(), serve(t), read(t, c.name)); err != nil {
				t.Error(err)
			}
		})
	}
}

// A plugin that answers anything else is caught, at the line where it does: here the
// recorded line is the one that is different.
func TestReplayFindsWhatDiffers(t *testing.T) {
	for _, c := range conversations {
		if c.name == "heartbeat" {
			continue // takes seconds, and its lines are those of visit
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			lines := read(t, c.name)
			for i, l := range lines {
				if l.Host != nil || l.About != "" {
					continue
				}
				other := slices.Clone(lines[:i+1])
				other[i] = different(l)
				if err := Replay(t.Context(), serve(t), other); err == nil || !strings.Contains(err.Error(), l.Call) {
					t.Errorf("line %d is other than recorded, and the replay says %v: %+v", i+1, err, other[i])
				}
			}
		})
	}
}

// different is the line with something else in it.
func different(l Line) Line {
	switch {
	case l.End == endOK:
		l.End = endError
	case l.End == endError:
		l.End = endOK
	case l.Call == "Measure":
		l.Plugin = []byte(`{"done":{"reason":"bored"}}`)
	case l.Call == "PrepareCase":
		l.Plugin = []byte(`{"diagnostic":{"summary":"no"}}`)
	case l.Call == "ReleaseCase":
		l.Plugin = []byte(`{"metrics":{"left":1}}`)
	default:
		l.Varies = append(slices.Clone(l.Varies), "never")
	}
	return l
}

// A visit in which no heartbeat came is no answer where one was recorded.
func TestReplayMissesAHeartbeat(t *testing.T) {
	lines := read(t, "visit")
	i := slices.IndexFunc(lines, func(l Line) bool { return strings.HasPrefix(string(l.Plugin), `{"sample"`) })
	beat := Line{Call: "Measure", Plugin: []byte(`{"heartbeat":{}}`), Optional: []string{"heartbeat.doing"}}
	if err := Replay(t.Context(), serve(t), slices.Insert(lines, i, beat)); err == nil || !strings.Contains(err.Error(), "heartbeat") {
		t.Errorf("%v", err)
	}
}
