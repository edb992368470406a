package connect

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/assay-bench/assay/core/fleet/internal/job"
)

// Files keeps bytes by their digest in a folder, and serves them: PUT and GET of
// /sha256/HEX.
type Files struct{ Dir string }

var digestPath = regexp.MustCompile(`^/sha256/([0-9a-f]{64})$`)

// mostStored is the most that one entry may have.
const mostStored = job.MaxPacked

func (f Files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m := digestPath.FindStringSubmatch(r.URL.Path)
	if m == nil {
		http.NotFound(w, r)
		return
	}
	path := filepath.Join(f.Dir, m[1])
	switch r.Method {
	case http.MethodGet:
		http.ServeFile(w, r, path)
	case http.MethodPut:
		if err := f.put(path, m[1], http.MaxBytesReader(w, r.Body, mostStored)); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
	default:
		http.Error(w, "PUT and GET only", http.StatusMethodNotAllowed)
	}
}

// put takes bytes that are what their name says, whole or not at all.
func (f Files) put(path, sum string, body io.Reader) error {
	if _, err := os.Stat(path); err == nil {
		return nil // what has this digest is this
	}
	t, err := os.CreateTemp(f.Dir, ".put-")
	if err != nil {
		return err
	}
	defer os.Remove(t.Name())
	hash := sha256.New()
	_, err = io.Copy(io.MultiWriter(t, hash), body)
	if err = errors.Join(err, t.Sync(), t.Close()); err != nil {
		return err
	}
	if got := hex.EncodeToString(hash.Sum(nil)); got != sum {
		return fmt.Errorf("the bytes have the sha256 %s", got)
	}
	return os.Rename(t.Name(), path)
}

// Remote is a store that is served elsewhere; nil without an address.
func (s Server) Remote() (job.Store, error) {
	if s.Store == "" {
		return nil, nil
	}
	config, err := s.Config()
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(s.Store, "http://") && !strings.HasPrefix(s.Store, "https://") {
		return nil, fmt.Errorf("--store %s: it is no address such as http://HOST:PORT", s.Store)
	}
	return &remote{strings.TrimSuffix(s.Store, "/"), &http.Client{Timeout: time.Minute, Transport: &http.Transport{TLSClientConfig: config}}}, nil
}

type remote struct {
	url    string
	client *http.Client
}

func (r *remote) Put(ctx context.Context, sum string, b []byte) error {
	_, err := r.do(ctx, http.MethodPut, sum, b)
	return err
}

func (r *remote) Get(ctx context.Context, sum string) ([]byte, error) {
	return r.do(ctx, http.MethodGet, sum, nil)
}

func (r *remote) do(ctx context.Context, method, sum string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, r.url+"/sha256/"+sum, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	resp, err := r.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%w; is it running? `assay-fleet up` serves one beside the server", err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, mostStored))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s: %s", method, req.URL, resp.Status, bytes.TrimSpace(b))
	}
	return b, err
}
