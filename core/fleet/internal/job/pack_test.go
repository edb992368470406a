package job

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, root string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// A suite arrives as it was, without what is not of the suite, and the same files make
// the same bytes.
func TestPack(t *testing.T) {
	root := t.TempDir()
	write(t, root, map[string]string{
		"suite/a.hcl": "a", "suite/prompts/b.txt": "b", "suite/assay.lock.hcl": "pins", "elsewhere/c": "c",
		"suite/results/old.json": "x", "suite/.git/HEAD": "x", "suite/.assay/plugins/p": "x",
	})
	if err := os.WriteFile(filepath.Join(root, "suite/run.sh"), []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	packed, err := Pack(root, []string{"suite", "suite/a.hcl"})
	if err != nil {
		t.Fatal(err)
	}
	if again, err := Pack(root, []string{"suite"}); err != nil || !bytes.Equal(packed, again) {
		t.Errorf("packed twice, the bytes differ: %v", err)
	}
	to := t.TempDir()
	if err := Unpack(packed, to); err != nil {
		t.Fatal(err)
	}
	var got []string
	err = filepath.WalkDir(to, func(p string, d os.DirEntry, err error) error {
		if !d.IsDir() {
			name, _ := filepath.Rel(to, p)
			got = append(got, name)
		}
		return err
	})
	if want := "suite/a.hcl suite/assay.lock.hcl suite/prompts/b.txt suite/run.sh"; err != nil || strings.Join(got, " ") != want {
		t.Errorf("unpacked %v, want %s: %v", got, want, err)
	}
	if info, err := os.Stat(filepath.Join(to, "suite/run.sh")); err != nil || info.Mode()&0o100 == 0 {
		t.Errorf("a script arrived that cannot be run: %v, %v", info, err)
	}
}

func TestPackRefuses(t *testing.T) {
	root := t.TempDir()
	write(t, root, map[string]string{"suite/a.hcl": "a"})
	if err := os.Symlink("/etc/passwd", filepath.Join(root, "suite/link")); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct{ path, want string }{
		"a link":    {"suite", "links are not followed"},
		"no file":   {"absent", "no such file"},
		"elsewhere": {"..", "outside of the working folder"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := Pack(root, []string{tt.path}); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

// What arrives writes nothing outside of its folder, whoever packed it.
func TestUnpackRefuses(t *testing.T) {
	tests := map[string]tar.Header{
		"a path upwards":  {Name: "../evil", Typeflag: tar.TypeReg},
		"an absolute one": {Name: "/evil", Typeflag: tar.TypeReg},
		"a link":          {Name: "link", Linkname: "/etc", Typeflag: tar.TypeSymlink},
	}
	for name, h := range tests {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			w := tar.NewWriter(z)
			if err := errors.Join(w.WriteHeader(&h), w.Close(), z.Close()); err != nil {
				t.Fatal(err)
			}
			if err := Unpack(b.Bytes(), t.TempDir()); err == nil || !strings.Contains(err.Error(), "is no file within the archive") {
				t.Errorf("%v", err)
			}
		})
	}
}

type memory map[string][]byte

func (m memory) Put(_ context.Context, sum string, b []byte) error { m[sum] = b; return nil }
func (m memory) Get(_ context.Context, sum string) ([]byte, error) {
	if m[sum] == nil {
		return nil, errors.New("not found")
	}
	return m[sum], nil
}

// What is small travels in the message, what is large by its digest; what changed on
// the way is no result.
func TestBlob(t *testing.T) {
	ctx := context.Background()
	small, large := []byte("few"), bytes.Repeat([]byte("x"), MaxInline+1)
	store := memory{}
	for name, b := range map[string][]byte{"small": small, "large": large} {
		t.Run(name, func(t *testing.T) {
			blob, err := Keep(ctx, store, b)
			if err != nil {
				t.Fatal(err)
			}
			if inline := blob.Inline != nil; inline != (name == "small") {
				t.Errorf("inline: %t", inline)
			}
			if got, err := blob.Bytes(ctx, store); err != nil || !bytes.Equal(got, b) {
				t.Errorf("%d bytes arrived: %v", len(got), err)
			}
		})
	}
	var tooLarge *LargeError
	if _, err := Keep(ctx, nil, large); !errors.As(err, &tooLarge) || !strings.Contains(err.Error(), "--store") {
		t.Errorf("without a store: %v", err)
	}
	blob, _ := Keep(ctx, store, large)
	if _, err := blob.Bytes(ctx, nil); err == nil || !strings.Contains(err.Error(), "--store") {
		t.Errorf("a reader without a store: %v", err)
	}
	store[blob.SHA256] = append([]byte("y"), large[1:]...)
	if _, err := blob.Bytes(ctx, store); err == nil || !strings.Contains(err.Error(), "not those that were sent") {
		t.Errorf("other bytes: %v", err)
	}
}
