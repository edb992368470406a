package server

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/assay-bench/assay/core/fleet/internal/connect"
	"github.com/assay-bench/assay/core/fleet/internal/job"
	"github.com/assay-bench/assay/core/internal/crash"
	"github.com/assay-bench/assay/core/internal/proctree"
	"github.com/assay-bench/assay/core/record"
)

// Fleet is what [Up] runs.
type Fleet struct {
	Settings
	Server    connect.Server // as clients reach it
	Namespace string
	Binary    *Binary // nil: the server is someone else's
	UI        int     // port of the user interface, of Temporal's command line alone
	Listen    string  // address of the store
	Out       io.Writer
	Logger    log.Logger
}

// retention is how long the server remembers a run that has ended.
const retention = 30 * 24 * time.Hour

// shutdown is how long a server may take to end in order.
const shutdown = 15 * time.Second

// Up starts everything, says ready once it serves, and runs until ctx ends.
func Up(ctx context.Context, f Fleet, ready func()) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	ended := make(chan struct{}, 1)
	if f.Binary != nil {
		for _, p := range proctree.EndOrphans() {
			fmt.Fprintf(f.Out, "ended %s (pid %d), which a killed one had left\n", p.Name, p.PID)
		}
		if err := free(f.Address); err != nil {
			return err
		}
		cmd, err := f.command()
		if err != nil {
			return err
		}
		crash.Go(func() {
			err := proctree.Run(ctx, cmd, shutdown)
			if ctx.Err() == nil {
				cancel(fmt.Errorf("the server ended: %w; its log is %s", err, f.logFile()))
			}
			ended <- struct{}{}
		})
	} else {
		ended <- struct{}{}
	}
	err := f.serve(ctx, ready)
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		err = cause
	}
	cancel(nil)
	<-ended
	return err
}

func (f Fleet) logFile() string { return filepath.Join(f.State, "server.log") }

// free says whether an address can be listened on: the server's own message does not.
func free(address string) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("%w: another server may run there; --address names another port", err)
	}
	return l.Close()
}

func (f Fleet) command() (*exec.Cmd, error) {
	if err := os.MkdirAll(f.State, 0o700); err != nil {
		return nil, err
	}
	var args []string
	if f.Binary.CLI {
		host, port, err := net.SplitHostPort(f.Address)
		if err != nil {
			return nil, fmt.Errorf("--address %s: HOST:PORT is required", f.Address)
		}
		args = []string{"server", "start-dev", "--ip", host, "--port", port, "--namespace", f.Namespace, "--log-level", f.Log,
			"--ui-port", strconv.Itoa(f.UI), "--db-filename", filepath.Join(f.State, "temporal-cli-"+f.Binary.Version+".sqlite")}
	} else {
		text, err := f.Config(*f.Binary)
		if err != nil {
			return nil, err
		}
		path := filepath.Join(f.State, "server.yaml")
		if err := record.WriteFile(path, []byte(text)); err != nil {
			return nil, err
		}
		if err := os.Chmod(path, 0o600); err != nil { // it may have a password
			return nil, err
		}
		args = []string{"--config-file", path, "--allow-no-auth", "start"}
	}
	out, err := os.OpenFile(f.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(f.Binary.Path, args...)
	cmd.Stdout, cmd.Stderr = out, out
	return cmd, nil
}

// serve does what the server does not: the namespace, the workflows and the store.
func (f Fleet) serve(ctx context.Context, ready func()) error {
	c, err := f.connect(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	w := sdkworker.New(c, job.WorkflowQueue, sdkworker.Options{LocalActivityWorkerOnly: true})
	w.RegisterWorkflowWithOptions(job.Experiment, workflow.RegisterOptions{Name: job.WorkflowName})
	if err := w.Start(); err != nil {
		return fmt.Errorf("workflows: %w", err)
	}
	defer w.Stop()
	store, err := f.store()
	if err != nil {
		return err
	}
	defer store.Close()
	ready()
	<-ctx.Done()
	return nil
}

// connect waits for the server to answer, and makes the namespace.
func (f Fleet) connect(ctx context.Context) (client.Client, error) {
	const patience = time.Minute
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		c, err := f.Server.Dial(limited, f.Logger)
		if err == nil {
			return c, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if limited.Err() != nil || f.Binary == nil {
			return nil, err
		}
		_ = f.register(limited) // the next time says what is wrong
		select {
		case <-limited.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func (f Fleet) register(ctx context.Context) error {
	config, err := f.Server.Config()
	if err != nil {
		return err
	}
	c, err := client.NewNamespaceClient(client.Options{HostPort: f.Server.Address, Logger: f.Logger,
		ConnectionOptions: client.ConnectionOptions{TLS: config, TLSDisabled: config == nil}})
	if err != nil {
		return err
	}
	defer c.Close()
	err = c.Register(ctx, &workflowservice.RegisterNamespaceRequest{Namespace: f.Namespace, WorkflowExecutionRetentionPeriod: durationpb.New(retention)})
	var there *serviceerror.NamespaceAlreadyExists
	if errors.As(err, &there) {
		return nil
	}
	return err
}

// store serves what is over 1 MiB, to holders of a certificate where there are any.
func (f Fleet) store() (*http.Server, error) {
	dir := filepath.Join(f.State, "store")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", f.Listen)
	if err != nil {
		return nil, fmt.Errorf("store: %w; --store-listen names another address", err)
	}
	config, err := f.Settings.TLS.Config()
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	if config != nil {
		config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, config.RootCAs
		if config.ClientCAs == nil {
			config.ClientCAs = x509.NewCertPool() // nobody
		}
		l = tls.NewListener(l, config)
	}
	s := &http.Server{Handler: connect.Files{Dir: dir}, ReadHeaderTimeout: 10 * time.Second}
	crash.Go(func() { _ = s.Serve(l) })
	return s, nil
}
