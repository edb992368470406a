package machine

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/metal/regular"
)

// Of a file above wholeLimit only blocks are read, of blockSize bytes and evenly
// spread from its first to its last byte: a model of 20 GB is told from another
// one in a moment, and the digest is the same on every machine.
const (
	wholeLimit = 64 << 20
	blockSize  = 1 << 20
)

// Files identifies files by their content. Each is read once as long as size,
// modification time and inode stay as they are. Not safe for concurrent use.
type Files struct{ known map[string]known }

type known struct {
	info fs.FileInfo
	file record.NamedFile
}

// NewFiles knows no file yet.
func NewFiles() *Files { return &Files{known: map[string]known{}} }

// File is what stands at an absolute path now. What cannot be read, or would not
// end, is not: the answer says why.
func (f *Files) File(path string) record.NamedFile {
	info, err := os.Stat(path)
	if k, ok := f.known[path]; ok && err == nil && os.SameFile(k.info, info) && k.info.Size() == info.Size() && k.info.ModTime().Equal(info.ModTime()) {
		return k.file
	}
	out := record.NamedFile{Path: path}
	switch {
	case err != nil:
		out.Unread = reason(err)
	case info.IsDir():
		out.Unread = "it is a folder"
	case !info.Mode().IsRegular():
		out.Unread = "it is a pipe, a socket or a device"
	default:
		out.Size, out.Modified = info.Size(), info.ModTime().UTC()
		if out.SHA256, out.Read, err = digest(path, info); err != nil {
			out.SHA256, out.Read, out.Unread = "", 0, reason(err)
		}
		f.known[path] = known{info, out}
	}
	return out
}

func reason(err error) string {
	var at *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "it is not there"
	case errors.As(err, &at):
		return "it cannot be read: " + at.Err.Error()
	}
	return "it cannot be read: " + err.Error()
}

// digest reads a regular file, and nothing that has taken its place meanwhile.
func digest(path string, was fs.FileInfo) (sum string, read int64, err error) {
	f, info, err := regular.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close() //nolint:errcheck // read only
	if !os.SameFile(info, was) {
		return "", 0, errors.New("it was replaced meanwhile")
	}
	h := sha256.New()
	for _, part := range parts(was.Size()) {
		n, err := io.Copy(h, io.NewSectionReader(f, part.offset, part.size))
		if read += n; err != nil {
			return "", read, err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), read, nil
}

type part struct{ offset, size int64 }

// parts of a file that are read.
func parts(size int64) []part {
	if size <= wholeLimit {
		return []part{{0, size}}
	}
	const blocks = wholeLimit / blockSize
	var out []part
	for i := range int64(blocks) {
		out = append(out, part{i * ((size - blockSize) / (blocks - 1)), blockSize})
	}
	out[blocks-1].offset = size - blockSize
	return out
}
