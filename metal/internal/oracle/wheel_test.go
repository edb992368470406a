package main

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// zipped is a wheel of files.
func zipped(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range files {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var good = map[string]string{
	"mlx/lib/mlx.metallib":                        "MTLB",
	"mlx/lib/libmlx.dylib":                        "code",
	"mlx/include/mlx/backend/metal/kernels/a.h":   "#pragma once\n",
	"mlx/include/mlx/backend/metal/kernels/b/c.h": "#pragma once\n",
	"mlx/include/mlx/backend/metal/kernels/d.cpp": "int d;\n",
	"mlx_metal-0.0.0.dist-info/RECORD":            "",
	"mlx/include/mlx/backend/metal/kernels.d/e.h": "",
}

func released(data []byte) release {
	sum := sha256.Sum256(data)
	return release{"mlx-metal", "mlx_metal-0.0.0.whl", hex.EncodeToString(sum[:])}
}

// index serves a project's page and its file, of which it may cut the end off.
func index(t *testing.T, data []byte, most int) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/simple/mlx-metal/":
			fmt.Fprint(w, `<a href="../../files/other.whl">mlx_metal-0.0.1.whl</a><a class="x" href="../../files/a.whl?x=1&amp;y=2#sha256=0">mlx_metal-0.0.0.whl</a>`)
		case "/files/a.whl":
			if r.URL.RawQuery != "x=1&y=2" {
				t.Errorf("query is %q", r.URL.RawQuery)
			}
			w.Header().Set("Content-Length", fmt.Sprint(len(data)))
			_, _ = w.Write(data[:min(most, len(data))])
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL + "/simple/"
}

func TestOpen(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	data := zipped(t, good)
	r := released(data)
	w, err := r.open(t.Context(), "", index(t, data, len(data)), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(w.library); err != nil || string(text) != "MTLB" {
		t.Errorf("the library is %q, %v", text, err)
	}
	for name, want := range map[string]bool{"a.h": true, "b/c.h": true, "d.cpp": false, "../kernels.d/e.h": false} {
		if _, err := os.Stat(filepath.Join(w.include, kernelFolder, name)); (err == nil) != want {
			t.Errorf("%s: unpacked is %t, want %t", name, err == nil, want)
		}
	}
	dir := filepath.Dir(filepath.Dir(filepath.Dir(w.library)))
	killed, old := filepath.Join(dir, "new-1"), time.Now().Add(-48*time.Hour)
	if err := errors.Join(os.Mkdir(killed, 0o700), os.Chtimes(killed, old, old)); err != nil {
		t.Fatal(err)
	}
	if _, err := r.open(t.Context(), "", "http://127.0.0.1:1", io.Discard); err != nil {
		t.Errorf("once it is unpacked, no network is needed: %v", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("the cache has %v, %v: want the wheel alone", entries, err)
	}
}

func TestOpenFails(t *testing.T) {
	data := zipped(t, good)
	other := released([]byte("x"))
	for name, c := range map[string]struct {
		r      release
		serve  []byte
		most   int
		absent bool
		want   string
	}{
		"cut off":      {released(data), data, len(data) - 3, true, "unexpected EOF"},
		"wrong digest": {other, data, len(data), false, "has sha256 " + released(data).digest + ", and the wheel mlx_metal-0.0.0.whl has " + other.digest},
		"not there":    {release{"mlx-metal", "mlx_metal-9.whl", other.digest}, data, len(data), false, "the index has no mlx_metal-9.whl"},
		"no project":   {release{"nothing", "mlx_metal-0.0.0.whl", other.digest}, data, len(data), true, "404"},
	} {
		t.Run(name, func(t *testing.T) {
			cache := t.TempDir()
			t.Setenv("XDG_CACHE_HOME", cache)
			t.Setenv("HOME", cache)
			_, err := c.r.open(t.Context(), "", index(t, c.serve, c.most), io.Discard)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want %q in it", err, c.want)
			}
			if errors.Is(err, errAbsent) != c.absent {
				t.Errorf("that it cannot be had is %t, want %t", !c.absent, c.absent)
			}
			left, err := filepath.Glob(filepath.Join(cache, "*", "*", "*"))
			if err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}

// during serves the data, and calls meanwhile between its two halves.
func during(t *testing.T, data []byte, meanwhile func()) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/mlx-metal/" {
			fmt.Fprint(w, `<a href="../a.whl">mlx_metal-0.0.0.whl</a>`)
			return
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(data)))
		_, _ = w.Write(data[:len(data)/2])
		meanwhile()
		_, _ = w.Write(data[len(data)/2:])
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// TestOpenTwice: what a process has unpacked stays where it is while others open the
// wheel, and is unpacked again if the library is gone.
func TestOpenTwice(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	data := zipped(t, good)
	r, file := released(data), filepath.Join(t.TempDir(), "wheel")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	open := func(path, index string) os.FileInfo {
		w, err := r.open(t.Context(), path, index, io.Discard)
		if err != nil {
			t.Error(err)
			return nil
		}
		info, err := os.Stat(w.library)
		if err != nil {
			t.Error(err)
		}
		return info
	}
	var first os.FileInfo
	second := open("", during(t, data, func() { first = open(file, "") }))
	third := open(file, "")
	if !os.SameFile(first, second) || !os.SameFile(first, third) {
		t.Error("the library was replaced while another process may read it")
	}
	_, w, err := r.unpacked()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(w.library); err != nil {
		t.Fatal(err)
	}
	if open(file, "") == nil {
		t.Error("a folder without the library is not replaced")
	}
}

// TestNotAbsent: -skip-absent hides neither an interruption nor a full disk.
func TestNotAbsent(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	data := zipped(t, good)
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("called off")
	if _, err := released(data).open(ctx, "", during(t, data, func() { cancel(stopped) }), io.Discard); !errors.Is(err, stopped) || errors.Is(err, errAbsent) {
		t.Errorf("interrupted: error is %v", err)
	}
	from, err := url.Parse(during(t, data, func() {}))
	if err != nil {
		t.Fatal(err)
	}
	if err := download(t.Context(), from, full{}, 1<<20); !errors.Is(err, errFull) || errors.Is(err, errAbsent) {
		t.Errorf("a full disk: error is %v", err)
	}
}

// full is a file on a full disk.
type full struct{}

var errFull = errors.New("no space left on device")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestUnpackRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"a name that leads out": {map[string]string{"mlx/include/mlx/backend/metal/kernels/../../../../../../x.h": ""}, "has a file with the name"},
		"no library":            {map[string]string{"mlx/include/mlx/backend/metal/kernels/a.h": ""}, "want mlx/lib/mlx.metallib"},
		"no headers":            {map[string]string{"mlx/lib/mlx.metallib": "MTLB"}, "and headers below"},
		"a large header":        {map[string]string{"mlx/include/mlx/backend/metal/kernels/a.h": strings.Repeat("x", largestHeader+1)}, "is larger than"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "wheel")
			if err := os.WriteFile(path, zipped(t, c.files), 0o600); err != nil {
				t.Fatal(err)
			}
			err := unpack(path, filepath.Join(dir, "a", "b"))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want %q in it", err, c.want)
			}
		})
	}
}
