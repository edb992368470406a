package connect

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"google.golang.org/grpc"
)

// Server is where the server is, and who asks. The names of the environment are those
// of Temporal's own tools.
type Server struct {
	Address   string `name:"address" env:"TEMPORAL_ADDRESS" default:"127.0.0.1:7233" placeholder:"HOST:PORT" help:"The server."`
	Namespace string `name:"namespace" env:"TEMPORAL_NAMESPACE" default:"default" help:"Its namespace."`
	TLS       `embed:""`
	Store     string `name:"store" env:"ASSAY_FLEET_STORE" placeholder:"URL" help:"Where what is over 1 MiB is kept: http://HOST:PORT, or https with the same certificates."`
}

// TLS are the certificates of a side.
type TLS struct {
	CA   string `name:"tls-ca" env:"TEMPORAL_TLS_SERVER_CA_CERT_PATH" type:"path" placeholder:"FILE" help:"Certificates that the other side's must come from."`
	Cert string `name:"tls-cert" env:"TEMPORAL_TLS_CLIENT_CERT_PATH" type:"path" placeholder:"FILE" help:"The own certificate."`
	Key  string `name:"tls-key" env:"TEMPORAL_TLS_CLIENT_KEY_PATH" type:"path" placeholder:"FILE" help:"Its key."`
	Name string `name:"tls-server-name" env:"TEMPORAL_TLS_SERVER_NAME" placeholder:"NAME" help:"The name in the server's certificate, where it is not the address."`
}

// Config of a connection; nil without certificates.
func (t TLS) Config() (*tls.Config, error) {
	if t.CA == "" && t.Cert == "" && t.Key == "" {
		return nil, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.Name}
	if t.CA != "" {
		b, err := os.ReadFile(t.CA)
		if err != nil {
			return nil, fmt.Errorf("--tls-ca: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(b) {
			return nil, fmt.Errorf("--tls-ca %s: it holds no certificate in PEM", t.CA)
		}
	}
	if t.Cert == "" && t.Key == "" {
		return c, nil
	}
	pair, err := tls.LoadX509KeyPair(t.Cert, t.Key)
	if err != nil {
		return nil, fmt.Errorf("--tls-cert and --tls-key: %w", err)
	}
	c.Certificates = []tls.Certificate{pair}
	return c, nil
}

// oldest is the oldest version of the server that this is tested with.
const oldest = "1.32.0"

// patience is how long a server may take to answer at first.
const patience = 10 * time.Second

// Dial connects, and says what is wrong where it cannot.
func (s Server) Dial(ctx context.Context, logger log.Logger) (client.Client, error) {
	config, err := s.Config()
	if err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c, err := client.DialContext(limited, client.Options{
		HostPort: s.Address, Namespace: s.Namespace, Logger: logger,
		ConnectionOptions: client.ConnectionOptions{
			TLS: config, TLSDisabled: config == nil, GetSystemInfoTimeout: patience,
			DialOptions: []grpc.DialOption{grpc.WithChainUnaryInterceptor(throughOutages)},
		},
	})
	if err != nil {
		return nil, s.explain(err, config != nil)
	}
	if err := s.check(limited, c); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (s Server) check(ctx context.Context, c client.Client) error {
	info, err := c.WorkflowService().GetSystemInfo(ctx, &workflowservice.GetSystemInfoRequest{})
	if err != nil {
		return s.explain(err, s.CA != "")
	}
	if !atLeast(info.GetServerVersion(), oldest) {
		return fmt.Errorf("server %s: it is version %s, and assay-fleet needs %s or later; `assay-fleet up` says how to get one", s.Address, info.GetServerVersion(), oldest)
	}
	_, err = c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: s.Namespace})
	var absent *serviceerror.NamespaceNotFound
	if errors.As(err, &absent) {
		return fmt.Errorf("server %s: it has no namespace %q; `assay-fleet up` makes the one that --namespace names", s.Address, s.Namespace)
	}
	if err != nil {
		return s.explain(err, s.CA != "")
	}
	// A namespace that was made just now is known to the server some seconds later.
	for {
		_, err := c.DescribeWorkflowExecution(ctx, "assay", "")
		if !errors.As(err, &absent) {
			return nil
		}
		select {
		case <-ctx.Done():
			return s.explain(err, s.CA != "")
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// explain says what to do about a server that cannot be reached.
func (s Server) explain(err error, secure bool) error {
	if refused := s.handshake(); secure && refused != nil {
		err = refused
	}
	text := err.Error()
	has := func(parts ...string) bool {
		for _, p := range parts {
			if strings.Contains(text, p) {
				return true
			}
		}
		return false
	}
	next := "is it running? `assay-fleet up` starts one; --address names another"
	switch {
	case has("certificate signed by unknown authority", "certificate is not trusted"):
		next = "its certificate does not come from those of --tls-ca: name the file of the authority that made it"
	case has("certificate is valid for", "doesn't contain any IP SANs", "not valid for any names"):
		next = "its certificate is for another name: name that with --tls-server-name"
	case has("unknown certificate authority", "bad certificate", "certificate required", "unknown certificate", "certificate unknown"):
		next = "it refuses the certificate of --tls-cert: it must come from an authority that the server knows, for clients"
	case has("certificate has expired", "expired certificate"):
		next = "a certificate has expired: make a new one"
	case has("first record does not look like a TLS handshake"):
		next = "it speaks no TLS: leave --tls-ca, --tls-cert and --tls-key out, or start it with certificates"
	case !secure && has("error reading server preface", "connection reset", "EOF", "frame too large", "malformed HTTP response"):
		next = "it answers, and not as a server without certificates does: name --tls-ca, --tls-cert and --tls-key"
	}
	return fmt.Errorf("server %s: %w; %s", s.Address, err, next)
}

// handshake says what a server has against the certificates of this side. It refuses
// them after the handshake, when a connection that is written to may just break.
func (s Server) handshake() error {
	config, err := s.Config()
	if err != nil || config == nil {
		return err
	}
	config.NextProtos = []string{"h2"}
	c, err := tls.DialWithDialer(&net.Dialer{Timeout: patience}, "tcp", s.Address, config)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.SetReadDeadline(time.Now().Add(2 * time.Second)); err != nil {
		return err
	}
	_, err = c.Read(make([]byte, 1))
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	}
	return err
}

// atLeast compares versions by their numbers.
func atLeast(version, want string) bool {
	have, need := numbers(version), numbers(want)
	for i := range need {
		if have[i] != need[i] {
			return have[i] > need[i]
		}
	}
	return true
}

func numbers(version string) (out [3]int) {
	for i, part := range strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3) {
		digits, _, _ := strings.Cut(part, "-")
		out[i], _ = strconv.Atoi(digits)
	}
	return out
}
