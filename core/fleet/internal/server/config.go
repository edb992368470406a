package server

import (
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"text/template"

	"github.com/assay-bench/assay/core/fleet/internal/connect"
)

// Settings of a server.
type Settings struct {
	State    string // folder
	Address  string // of the frontend
	Database string // postgres://USER:PASSWORD@HOST:PORT/NAME; empty: SQLite in State
	connect.TLS
	Log string // level
}

// Config is the configuration of the server's own program. The kinds of TLS are spelt
// as that program reads them; it ignores other spellings without a word.
func (s Settings) Config(b Binary) (string, error) {
	host, port, err := net.SplitHostPort(s.Address)
	if err != nil {
		return "", fmt.Errorf("--address %s: HOST:PORT is required", s.Address)
	}
	p, err := strconv.Atoi(port)
	if err != nil || p < 1 || p > 65000 {
		return "", fmt.Errorf("--address %s: its port must be a number below 65000; the eight after it are used as well", s.Address)
	}
	ip := host
	if host == "localhost" || host == "" {
		ip = "127.0.0.1"
	}
	if net.ParseIP(ip) == nil {
		return "", fmt.Errorf("--address %s: an IP address to listen on is required, such as 127.0.0.1 or 0.0.0.0", s.Address)
	}
	v := map[string]any{
		"Log": s.Log, "IP": ip, "Port": p, "Next": []int{p + 1, p + 2, p + 3, p + 4, p + 5, p + 6, p + 7},
		"File": filepath.Join(s.State, "temporal-"+b.Version+".sqlite"), "TLS": s.TLS, "Local": "127.0.0.1:" + port,
	}
	if ip != "127.0.0.1" && ip != "0.0.0.0" {
		v["Local"] = s.Address
	}
	if s.Database != "" {
		u, err := url.Parse(s.Database)
		if err != nil || !strings.HasPrefix(u.Scheme, "postgres") || u.Path == "" || u.User == nil {
			return "", fmt.Errorf("--database: postgres://USER:PASSWORD@HOST:PORT/NAME is required")
		}
		password, _ := u.User.Password()
		at := u.Host
		if u.Port() == "" {
			at = net.JoinHostPort(u.Hostname(), "5432")
		}
		v["DB"] = map[string]string{"Addr": at, "User": u.User.Username(), "Password": password, "Name": strings.TrimPrefix(u.Path, "/")}
	}
	var out strings.Builder
	err = configText.Execute(&out, v)
	return out.String(), err
}

// Visibility is the name of the second database beside one.
const Visibility = "_visibility"

var configText = template.Must(template.New("").Funcs(template.FuncMap{"q": strconv.Quote}).Parse(`log:
  stdout: true
  level: {{q .Log}}
persistence:
  defaultStore: default
  visibilityStore: visibility
  numHistoryShards: {{if .DB}}4{{else}}1{{end}}
  datastores:
{{- if .DB}}
    default:
      sql:
        pluginName: postgres12
        databaseName: {{q .DB.Name}}
        connectAddr: {{q .DB.Addr}}
        connectProtocol: tcp
        user: {{q .DB.User}}
        password: {{q .DB.Password}}
        maxConns: 20
        maxIdleConns: 20
        maxConnLifetime: 1h
    visibility:
      sql:
        pluginName: postgres12
        databaseName: {{q (print .DB.Name "_visibility")}}
        connectAddr: {{q .DB.Addr}}
        connectProtocol: tcp
        user: {{q .DB.User}}
        password: {{q .DB.Password}}
        maxConns: 5
        maxIdleConns: 5
        maxConnLifetime: 1h
{{- else}}
    default: &sqlite
      sql:
        pluginName: sqlite
        databaseName: {{q .File}}
        connectAddr: localhost
        connectProtocol: tcp
        connectAttributes:
          cache: private
          mode: rwc
          setup: "true"
          journal_mode: wal
          synchronous: "2"
        maxConns: 1
        maxIdleConns: 1
        maxConnLifetime: 1h
    visibility: *sqlite
{{- end}}
global:
  membership:
    maxJoinDuration: 30s
    broadcastAddress: 127.0.0.1
{{- if .TLS.Cert}}
  tls:
    frontend:
      server:
        certFile: {{q .TLS.Cert}}
        keyFile: {{q .TLS.Key}}
        requireClientAuth: true
        clientCaFiles: [{{q .TLS.CA}}]
      client:
        serverName: {{q .TLS.Name}}
        rootCaFiles: [{{q .TLS.CA}}]
    systemWorker:
      certFile: {{q .TLS.Cert}}
      keyFile: {{q .TLS.Key}}
      client:
        serverName: {{q .TLS.Name}}
        rootCaFiles: [{{q .TLS.CA}}]
{{- end}}
services:
  frontend:
    rpc: {grpcPort: {{.Port}}, membershipPort: {{index .Next 0}}, bindOnIP: {{q .IP}}}
  matching:
    rpc: {grpcPort: {{index .Next 1}}, membershipPort: {{index .Next 2}}, bindOnLocalHost: true}
  history:
    rpc: {grpcPort: {{index .Next 3}}, membershipPort: {{index .Next 4}}, bindOnLocalHost: true}
  worker:
    rpc: {grpcPort: {{index .Next 5}}, membershipPort: {{index .Next 6}}, bindOnLocalHost: true}
clusterMetadata:
  enableGlobalNamespace: false
  failoverVersionIncrement: 10
  masterClusterName: active
  currentClusterName: active
  clusterInformation:
    active:
      enabled: true
      initialFailoverVersion: 1
      rpcName: frontend
      rpcAddress: {{q .Local}}
publicClient:
  hostPort: {{q .Local}}
dcRedirectionPolicy:
  policy: noop
`))
