package server

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/fleet/internal/connect"
)

func program(t *testing.T, dir, name, says string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte("#!/bin/sh\necho '"+says+"'\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// The server's own program comes before Temporal's command line, which does for a lab.
func TestFind(t *testing.T) {
	const own, cli = "temporal version 1.32.1", "temporal version 1.9.1 (Server 1.32.0, UI 2.50.0)"
	tests := []struct {
		name   string
		have   map[string]string
		named  string
		needs  bool
		want   Binary
		reason string
	}{
		{"both", map[string]string{"temporal-server": own, "temporal": cli}, "", false, Binary{Path: "temporal-server", Version: "1.32.1"}, ""},
		{"the command line", map[string]string{"temporal": cli}, "", false, Binary{Path: "temporal", CLI: true, Version: "1.32.0"}, ""},
		{"the command line, with certificates", map[string]string{"temporal": cli}, "", true, Binary{}, "there is no server"},
		{"the command line by name, with certificates", map[string]string{"temporal": cli}, "temporal", true, Binary{}, "takes no certificates"},
		{"none", nil, "", false, Binary{}, "sh scripts/temporal-server.sh"},
		{"something else", map[string]string{"temporal": "hello"}, "", false, Binary{}, "it is no server of Temporal"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, says := range tt.have {
				program(t, dir, name, says)
			}
			t.Setenv("PATH", dir+":/bin:/usr/bin")
			got, err := Find(context.Background(), tt.named, tt.needs)
			got.Path = strings.TrimPrefix(got.Path, dir+"/")
			if got != tt.want || (err == nil) != (tt.reason == "") || err != nil && !strings.Contains(err.Error(), tt.reason) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

// What the configuration says is what was asked for; the server reads it in the test of
// the command.
func TestConfig(t *testing.T) {
	certs := connect.TLS{CA: "/ca.pem", Cert: "/c.pem", Key: "/k.pem", Name: "fleet"}
	tests := map[string]struct {
		s    Settings
		want []string
		not  []string
	}{
		"a lab":        {Settings{Address: "127.0.0.1:7233", State: "/s"}, []string{`databaseName: "/s/temporal-1.32.1.sqlite"`, `bindOnIP: "127.0.0.1"`}, []string{"tls:", "postgres"}},
		"certificates": {Settings{Address: "0.0.0.0:7233", State: "/s", TLS: certs}, []string{`clientCaFiles: ["/ca.pem"]`, `rootCaFiles: ["/ca.pem"]`, "requireClientAuth: true", `serverName: "fleet"`, `bindOnIP: "0.0.0.0"`, `hostPort: "127.0.0.1:7233"`}, nil},
		"PostgreSQL":   {Settings{Address: "127.0.0.1:7233", Database: `postgres://u:p%22w@db/temporal`}, []string{"pluginName: postgres12", `connectAddr: "db:5432"`, `password: "p\"w"`, `databaseName: "temporal_visibility"`}, []string{"sqlite"}}, //nolint:gosec // no password of anything
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			text, err := tt.s.Config(Binary{Version: "1.32.1"})
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range tt.want {
				if !strings.Contains(text, w) {
					t.Errorf("no %s in\n%s", w, text)
				}
			}
			for _, w := range tt.not {
				if strings.Contains(text, w) {
					t.Errorf("%s in\n%s", w, text)
				}
			}
		})
	}
	for _, s := range []Settings{{Address: "7233"}, {Address: "host:7233"}, {Address: "127.0.0.1:65535"}, {Address: "127.0.0.1:7233", Database: "db"}} {
		if _, err := s.Config(Binary{}); err == nil || !strings.HasPrefix(err.Error(), "--") {
			t.Errorf("%+v: %v", s, err)
		}
	}
}
