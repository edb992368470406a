package job

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// MaxPacked is the most that files may have unpacked, on either side.
const MaxPacked = 256 << 20

// left are folders that are never packed: a repository's history, results, and
// plugins, which are of one platform and are installed by the lock file instead.
var left = []string{".git", ".assay", "results"}

// Pack puts files and folders below root into one archive. The same files make the
// same bytes, whoever packs them and when.
func Pack(root string, paths []string) ([]byte, error) {
	files := map[string]fs.FileInfo{}
	for _, p := range paths {
		if err := gather(root, p, files); err != nil {
			return nil, fmt.Errorf("pack %s: %w", p, err)
		}
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	t := tar.NewWriter(z)
	var total int64
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if total += files[name].Size(); total > MaxPacked {
			return nil, fmt.Errorf("pack: %s have more than %d MiB; keep large files on the workers and name them by absolute paths", strings.Join(paths, ", "), MaxPacked>>20)
		}
		if err := add(t, root, name, files[name]); err != nil {
			return nil, fmt.Errorf("pack %s: %w", name, err)
		}
	}
	if err := errors.Join(t.Close(), z.Close()); err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	return b.Bytes(), nil
}

func gather(root, path string, files map[string]fs.FileInfo) error {
	return filepath.WalkDir(filepath.Join(root, path), func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		if !filepath.IsLocal(name) {
			return fmt.Errorf("it is outside of the working folder %s; start the command in a folder that holds it", root)
		}
		switch {
		case d.IsDir() && slices.Contains(left, d.Name()):
			return fs.SkipDir
		case d.IsDir():
			return nil
		case !d.Type().IsRegular():
			return fmt.Errorf("%s is no regular file; links are not followed", name)
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		files[filepath.ToSlash(name)] = info
		return nil
	})
}

func add(t *tar.Writer, root, name string, info fs.FileInfo) error {
	b, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		return err
	}
	mode := int64(0o644)
	if info.Mode()&0o100 != 0 {
		mode = 0o755
	}
	if err := t.WriteHeader(&tar.Header{Name: name, Mode: mode, Size: int64(len(b)), Format: tar.FormatPAX, ModTime: time.Unix(0, 0)}); err != nil {
		return err
	}
	_, err = t.Write(b)
	return err
}

// Unpack writes what Pack packed below dir, and nothing outside of it.
func Unpack(packed []byte, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // a folder
	return walk(packed, func(h *tar.Header, r io.Reader) error {
		name := filepath.FromSlash(h.Name)
		if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, fs.FileMode(h.Mode)&0o755)
		if err != nil {
			return err
		}
		_, err = io.Copy(f, r)
		return errors.Join(err, f.Close())
	})
}

// Contents are the files of what Pack packed.
func Contents(packed []byte) (map[string][]byte, error) {
	out := map[string][]byte{}
	err := walk(packed, func(h *tar.Header, r io.Reader) error {
		b, err := io.ReadAll(r)
		out[h.Name] = b
		return err
	})
	return out, err
}

func walk(packed []byte, each func(*tar.Header, io.Reader) error) error {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	t := tar.NewReader(io.LimitReader(z, MaxPacked+MaxPacked/8))
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("unpack: %w", err)
		}
		if h.Typeflag != tar.TypeReg || !filepath.IsLocal(filepath.FromSlash(h.Name)) {
			return fmt.Errorf("unpack: %q is no file within the archive", h.Name)
		}
		if err := each(h, t); err != nil {
			return fmt.Errorf("unpack %s: %w", h.Name, err)
		}
	}
}
