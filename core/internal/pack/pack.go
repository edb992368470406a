// Package pack writes archives and their sums as releases have them, the same
// bytes for the same files. The command in mkrelease makes Assay's own release of
// them; tests make releases of plugins.
package pack

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assay-bench/assay/core/source"
)

// Member is one file of an archive.
type Member struct {
	Name string // in the archive
	Path string // of the file that it is
	Mode os.FileMode
}

// Archive writes members to path, .tar.gz or .zip.
func Archive(path string, members []Member) (err error) {
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if strings.HasSuffix(path, ".zip") {
		return zipTo(out, members)
	}
	return tarTo(out, members)
}

func tarTo(out io.Writer, members []Member) error {
	packed := gzip.NewWriter(out)
	t := tar.NewWriter(packed)
	for _, m := range members {
		err := copied(m, func(size int64) (io.Writer, error) {
			return t, t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: m.Name, Size: size, Mode: int64(m.Mode.Perm())})
		})
		if err != nil {
			return err
		}
	}
	return errors.Join(t.Close(), packed.Close())
}

func zipTo(out io.Writer, members []Member) error {
	z := zip.NewWriter(out)
	for _, m := range members {
		err := copied(m, func(int64) (io.Writer, error) {
			h := &zip.FileHeader{Name: m.Name, Method: zip.Deflate}
			h.SetMode(m.Mode)
			return z.CreateHeader(h)
		})
		if err != nil {
			return err
		}
	}
	return z.Close()
}

func copied(m Member, begin func(size int64) (io.Writer, error)) error {
	in, err := os.Open(m.Path)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	to, err := begin(info.Size())
	if err != nil {
		return err
	}
	_, err = io.Copy(to, in)
	return err
}

// Sums writes SHA256SUMS of the archives in dir, sorted.
func Sums(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, e := range entries {
		if !source.IsArchive(e.Name()) {
			continue
		}
		f, err := os.Open(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		h := sha256.New()
		_, err = io.Copy(h, f)
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
		fmt.Fprintf(&b, "%s  %s\n", hex.EncodeToString(h.Sum(nil)), e.Name())
	}
	return os.WriteFile(filepath.Join(dir, "SHA256SUMS"), []byte(b.String()), 0o600)
}

// Plugin makes a release of a plugin in dir: its binary, as it is, for each platform.
func Plugin(dir, name, version, binary string, platforms ...string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	first := ""
	for _, p := range slices.Compact(slices.Sorted(slices.Values(platforms))) {
		path := filepath.Join(dir, source.Prefix+name+"_v"+version+"_"+p+".tar.gz")
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		var err error
		if first == "" { // the others are the same
			first = path
			err = Archive(path, []Member{{source.Prefix + name, binary, 0o755}})
		} else {
			err = os.Link(first, path)
		}
		if err != nil {
			return err
		}
	}
	return Sums(dir)
}
