package release

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"github.com/assay-bench/assay/core/source"
)

const (
	maxEntries = 10_000
	// MaxUnpacked bounds what an archive is unpacked to, in bytes.
	MaxUnpacked = 2 << 30
)

// errBomb is why unpacking ends.
var errBomb = errors.New("it unpacks to more than is allowed")

// Unpack writes the plugin's executable, assay-plugin-NAME, out of an archive of
// size bytes, whose file's name is called. Everything else in it is looked at and left there. An
// archive with a link, a device, a path that leads out of it, another executable,
// or more than most bytes is refused.
func Unpack(archive io.ReaderAt, size int64, called, name, version string, most int64, to io.Writer) error {
	u := &unpacker{wanted: []string{source.Prefix + name, source.Prefix + name + "_v" + version}, left: most, to: to}
	var err error
	if strings.HasSuffix(called, ".zip") {
		err = u.zip(archive, size)
	} else {
		err = u.tar(io.NewSectionReader(archive, 0, size))
	}
	switch {
	case errors.Is(err, errBomb):
		err = fmt.Errorf("%w (%d bytes)", err, most)
	case err == nil && u.found == "":
		err = fmt.Errorf("there is no executable %s in it", u.wanted[0])
	}
	if err != nil {
		return fmt.Errorf("archive %s: %w; it was not installed: tell its author", called, err)
	}
	return nil
}

type unpacker struct {
	wanted  []string
	to      io.Writer
	left    int64 // bytes
	entries int
	found   string
}

// entry looks at one member, and says whether it is the executable.
func (u *unpacker) entry(name string, mode fs.FileMode) (bool, error) {
	if u.entries++; u.entries > maxEntries {
		return false, fmt.Errorf("it has more than %d files", maxEntries)
	}
	if !filepath.IsLocal(name) || strings.ContainsAny(name, "\\\x00") {
		return false, fmt.Errorf("%q leads out of it", name)
	}
	switch {
	case mode.IsDir():
		return false, nil
	case !mode.IsRegular():
		return false, fmt.Errorf("%q is no regular file (%s)", name, mode.Type())
	}
	base := path.Base(name)
	wanted := base == u.wanted[0] || base == u.wanted[1]
	if (wanted || mode&0o111 != 0) && u.found != "" || !wanted && mode&0o111 != 0 {
		return false, fmt.Errorf("%q is another executable than %s, and a plugin is one", name, u.wanted[0])
	}
	if wanted {
		u.found = name
	}
	return wanted, nil
}

func (u *unpacker) tar(in io.Reader) error {
	plain, err := gzip.NewReader(in)
	if err != nil {
		return fmt.Errorf("it is no .tar.gz: %w", err)
	}
	members := tar.NewReader(&counted{plain, u})
	for {
		h, err := members.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if h.Typeflag == tar.TypeXGlobalHeader {
			continue
		}
		mode := h.FileInfo().Mode()
		if h.Typeflag == tar.TypeLink { // which FileInfo takes for a file
			mode |= fs.ModeSymlink
		}
		wanted, err := u.entry(h.Name, mode)
		if err != nil {
			return err
		}
		if wanted {
			if _, err := io.Copy(u.to, members); err != nil {
				return err
			}
		}
	}
}

func (u *unpacker) zip(in io.ReaderAt, size int64) error {
	members, err := zip.NewReader(in, size)
	if err != nil {
		return fmt.Errorf("it is no .zip: %w", err)
	}
	for _, m := range members.File {
		wanted, err := u.entry(m.Name, m.Mode())
		if err != nil {
			return err
		}
		if !wanted {
			continue // nothing of it is unpacked
		}
		plain, err := m.Open()
		if err != nil {
			return err
		}
		_, err = io.Copy(u.to, &counted{plain, u})
		if err = errors.Join(err, plain.Close()); err != nil {
			return err
		}
	}
	return nil
}

// counted ends with errBomb after as many bytes as are left.
type counted struct {
	io.Reader
	u *unpacker
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if c.u.left -= int64(n); c.u.left < 0 {
		return 0, errBomb
	}
	return n, err
}
