// Package atomicfile replaces files whole: a reader sees the old content or the
// new one, never half of one, whatever happens meanwhile. Check says beforehand
// whether Write can work. Open and Read take regular files only.
package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Write makes b the content of the file at path, in a folder that is there. A
// symbolic link stays and the file it leads to is replaced, which keeps its
// permissions; a new file has 0644 as the umask allows. Once Write returns, the
// content is on disk. After an error, which is an *Error, the old file is as it
// was, and nothing is left beside it. Other hard links keep the old content.
func Write(path string, b []byte) error {
	return Stream(path, func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
}

// Stream is Write of what content writes. An error of content itself comes back as
// it is, and the old file is as it was.
func Stream(path string, content func(io.Writer) error) error {
	var own error
	err := write(path, func(w io.Writer) error {
		out := &remembers{w: w}
		own = content(out)
		if out.err != nil { // the file's, whatever content made of it
			own = nil
			return out.err
		}
		return own
	})
	if err == nil || own != nil {
		return own
	}
	return describe(path, err)
}

// remembers the first error of a writer.
type remembers struct {
	w   io.Writer
	err error
}

func (r *remembers) Write(b []byte) (int, error) {
	n, err := r.w.Write(b)
	if r.err == nil {
		r.err = err
	}
	return n, err
}

// Check tries whether Write can make a file at path, and leaves nothing behind.
func Check(path string) error {
	target, err := find(path)
	if err == nil {
		var f *os.File
		if f, err = target.beside(); err == nil {
			err = errors.Join(os.Remove(f.Name()), f.Close())
		}
	}
	if err != nil {
		return describe(path, err)
	}
	return nil
}

func write(path string, content func(io.Writer) error) (err error) {
	target, err := find(path)
	if err != nil {
		return err
	}
	f, err := target.beside()
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
		_ = f.Close() // which unlocks it; Sync said whether its content is on disk
	}()
	if err = content(f); err != nil {
		return err
	}
	if target.old != nil { // its permissions, whatever the umask says
		if err = f.Chmod(target.old.Mode().Perm()); err != nil {
			return err
		}
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), target.path); err != nil {
		return err
	}
	syncFolder(filepath.Dir(target.path))
	return nil
}

// target is the file that is replaced in the end.
type target struct {
	path string
	old  fs.FileInfo // nil: there is none yet
}

var errNoFile = errors.New("it is there and no file; name another one")

// find follows links. What is no regular file is refused: a rename would put a
// file in the place of a device or a pipe.
func find(path string) (target, error) {
	path, err := follow(path)
	if err != nil {
		return target{}, err
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return target{path: path}, nil
	case err != nil:
		return target{}, err
	case !info.Mode().IsRegular():
		return target{}, errNoFile
	}
	return target{path, info}, nil
}

// maxLinks is how many links that lead to nothing are followed, as in the
// kernel; of those that lead to something, EvalSymlinks counts as many.
const maxLinks = 40

// follow is where path leads, even if nothing is there yet.
func follow(path string) (string, error) {
	for range maxLinks {
		end, err := filepath.EvalSymlinks(path)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return end, err
		}
		next, err := os.Readlink(path)
		if err != nil { // nothing is there
			return path, nil
		}
		if !filepath.IsAbs(next) {
			next = filepath.Join(filepath.Dir(path), next)
		}
		path = next
	}
	return "", errors.New("too many links")
}

// syncFolder puts a rename on disk. Not every file system can be asked to; the
// content is safe in any case.
func syncFolder(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}

// Error is a file that could not be written, and stayed as it was.
type Error struct {
	Path string
	Err  error
}

func (e *Error) Error() string { return "write " + e.Path + ": " + e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// describe names the file that was meant, not the one beside it.
func describe(path string, err error) error {
	var at *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &at):
		err = at.Err
	case errors.As(err, &link):
		err = link.Err
	}
	return &Error{path, err}
}
