package connect

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/log"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"

	"github.com/assay-bench/assay/core/fleet/internal/job"
)

// authority makes certificates.
type authority struct {
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	ca   string
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{dir: t.TempDir(), key: key, cert: &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}}
	der, err := x509.CreateCertificate(rand.Reader, a.cert, a.cert, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	a.ca = a.save(t, "ca.pem", "CERTIFICATE", der)
	return a
}

func (a *authority) save(t *testing.T, name, kind string, der []byte) string {
	t.Helper()
	path := filepath.Join(a.dir, name)
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// issue makes a certificate for a side that is called name.
func (a *authority) issue(t *testing.T, name string) TLS {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), DNSNames: []string{name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}, a.cert, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return TLS{CA: a.ca, Cert: a.save(t, name+".pem", "CERTIFICATE", der), Key: a.save(t, name+".key", "EC PRIVATE KEY", keyDER), Name: "fleet"}
}

// fakeServer answers what Dial asks.
type fakeServer struct {
	workflowservice.UnimplementedWorkflowServiceServer
	version string
}

func (f *fakeServer) GetSystemInfo(context.Context, *workflowservice.GetSystemInfoRequest) (*workflowservice.GetSystemInfoResponse, error) {
	return &workflowservice.GetSystemInfoResponse{ServerVersion: f.version}, nil
}

func (f *fakeServer) DescribeNamespace(_ context.Context, r *workflowservice.DescribeNamespaceRequest) (*workflowservice.DescribeNamespaceResponse, error) {
	if r.GetNamespace() != "default" {
		return nil, serviceerror.ToStatus(serviceerror.NewNamespaceNotFound(r.GetNamespace())).Err()
	}
	return &workflowservice.DescribeNamespaceResponse{}, nil
}

// serve starts one, with certificates if there are any, and gives its address.
func serve(t *testing.T, version string, certs *TLS) string {
	t.Helper()
	var opts []grpc.ServerOption
	if certs != nil {
		config, err := certs.Config()
		if err != nil {
			t.Fatal(err)
		}
		config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, config.RootCAs
		opts = append(opts, grpc.Creds(credentials.NewTLS(config)))
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer(opts...)
	workflowservice.RegisterWorkflowServiceServer(s, &fakeServer{version: version})
	go func() { _ = s.Serve(l) }()
	t.Cleanup(s.Stop)
	return l.Addr().String()
}

var quiet = log.NewStructuredLogger(slog.New(slog.NewTextHandler(io.Discard, nil)))

// Whoever may connect does, and every other is told what to do.
func TestDial(t *testing.T) {
	ours, theirs := newAuthority(t), newAuthority(t)
	fleet := ours.issue(t, "fleet")
	mine, foreign := ours.issue(t, "mac"), theirs.issue(t, "stranger")
	plain, secure, old := serve(t, "1.32.1", nil), serve(t, "1.32.1", &fleet), serve(t, "1.24.0", nil)
	named := func(c TLS, name string) TLS { c.Name = name; return c }
	with := func(c TLS, ca string) TLS { c.CA = ca; return c }
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name      string
		address   string
		namespace string
		tls       TLS
		want      string // of the error; empty: it connects
	}{
		{"without certificates", plain, "default", TLS{}, ""},
		{"with certificates", secure, "default", mine, ""},
		{"nobody listens", nobody, "default", TLS{}, "is it running?"},
		{"a foreign certificate", secure, "default", with(foreign, ours.ca), "it refuses the certificate of --tls-cert"},
		{"no certificate", secure, "default", TLS{CA: ours.ca, Name: "fleet"}, "it refuses the certificate of --tls-cert"},
		{"a server of another authority", secure, "default", with(mine, theirs.ca), "does not come from those of --tls-ca"},
		{"a server of another name", secure, "default", named(mine, "elsewhere"), "--tls-server-name"},
		{"no TLS where it is wanted", secure, "default", TLS{}, "--tls-ca"},
		{"TLS where there is none", plain, "default", mine, "it speaks no TLS"},
		{"a server that is too old", old, "default", TLS{}, "it is version 1.24.0, and assay-fleet needs 1.32.0 or later"},
		{"no such namespace", plain, "lab", TLS{}, `it has no namespace "lab"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Server{Address: tt.address, Namespace: tt.namespace, TLS: tt.tls}.Dial(context.Background(), quiet)
			if err == nil {
				c.Close()
			}
			switch {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

func TestCertificateFiles(t *testing.T) {
	none := filepath.Join(t.TempDir(), "none.pem")
	if err := os.WriteFile(none, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for flag, c := range map[string]TLS{"--tls-ca": {CA: none}, "--tls-cert": {Cert: none, Key: none}} {
		if _, err := c.Config(); err == nil || !strings.Contains(err.Error(), flag) {
			t.Errorf("%s: %v", flag, err)
		}
	}
}

// A store takes bytes under their own digest only, from holders of a certificate only.
func TestStore(t *testing.T) {
	ours, theirs := newAuthority(t), newAuthority(t)
	fleet := ours.issue(t, "fleet")
	config, err := fleet.Config()
	if err != nil {
		t.Fatal(err)
	}
	config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, config.RootCAs
	s := httptest.NewUnstartedServer(Files{Dir: t.TempDir()})
	s.Listener = tls.NewListener(s.Listener, config)
	s.Start()
	defer s.Close()
	address := "https://" + s.Listener.Addr().String()
	ctx := context.Background()
	store, err := Server{Store: address, TLS: ours.issue(t, "mac")}.Remote()
	if err != nil {
		t.Fatal(err)
	}
	blob, err := job.Keep(ctx, store, make([]byte, job.MaxInline+1))
	if err != nil {
		t.Fatal(err)
	}
	if b, err := blob.Bytes(ctx, store); err != nil || len(b) != job.MaxInline+1 {
		t.Errorf("%d bytes: %v", len(b), err)
	}
	if err := store.Put(ctx, strings.Repeat("0", 64), []byte("other")); err == nil || !strings.Contains(err.Error(), "the bytes have the sha256") {
		t.Errorf("bytes under another's digest: %v", err)
	}
	if _, err := store.Get(ctx, strings.Repeat("1", 64)); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("what is not there: %v", err)
	}
	foreign := theirs.issue(t, "stranger")
	foreign.CA = ours.ca
	stranger, err := Server{Store: address, TLS: foreign}.Remote()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stranger.Get(ctx, blob.SHA256); err == nil {
		t.Error("a stranger read it")
	}
}

// A server that is away costs a worker neither its job nor its result.
func TestThroughOutages(t *testing.T) {
	away := status.Error(codes.Unavailable, "connection refused")
	gone := status.Error(codes.NotFound, "activity is not found")
	tests := []struct {
		name    string
		request any
		answers []error
		want    error
		calls   int
	}{
		{"a heartbeat that does not arrive", &workflowservice.RecordActivityTaskHeartbeatRequest{}, []error{away}, nil, 1},
		{"a heartbeat of a job that another has", &workflowservice.RecordActivityTaskHeartbeatRequest{}, []error{gone}, gone, 1},
		{"a result is offered again", &workflowservice.RespondActivityTaskCompletedRequest{}, []error{away, nil}, nil, 2},
		{"a result that is refused", &workflowservice.RespondActivityTaskCompletedRequest{}, []error{gone}, gone, 1},
		{"anything else", &workflowservice.GetSystemInfoRequest{}, []error{away}, away, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			calls := 0
			err := throughOutages(context.Background(), "", tt.request, nil, nil, func(context.Context, string, any, any, *grpc.ClientConn, ...grpc.CallOption) error {
				calls++
				return tt.answers[calls-1]
			})
			if !errors.Is(err, tt.want) || calls != tt.calls {
				t.Errorf("%v after %d calls, want %v after %d", err, calls, tt.want, tt.calls)
			}
		})
	}
}
