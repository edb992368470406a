package process

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/assay-bench/assay/core/internal/atomicfile"
)

// Program is a plugin's binary, opened once: what is digested is what runs.
//
// On Linux a binary is executed by its descriptor, whatever is at its path by
// then. A script is executed by its path, since its interpreter opens it again
// and its own words for where it lies must be true; so is everything on systems
// that execute by path only. Check then says afterwards whether the path still
// led to the file that was digested, and to the same content.
type Program struct {
	Path string
	file *os.File
	open string // what executes file itself; empty: Path does
	was  os.FileInfo
	sum  string
}

// OpenProgram opens an executable file. The error says what else it is.
func OpenProgram(path string) (*Program, error) {
	file, err := atomicfile.Open(path)
	if err == nil {
		var info os.FileInfo
		if info, err = file.Stat(); err == nil && info.Mode()&0o111 != 0 && info.Size() > 0 {
			p := &Program{Path: path, file: file, was: info}
			if head := make([]byte, 4); readHead(file, head) == "\x7fELF" {
				p.file, p.open = byDescriptor(file)
			}
			return p, nil
		}
		_ = file.Close()
	}
	return nil, NotStarted(path, err)
}

// opened is what came of openVerified.
type opened struct {
	program *Program
	err     error
}

// openVerified opens a program whose digest is known.
func openVerified(path, want string) opened {
	p, err := OpenProgram(path)
	if err != nil {
		return opened{nil, err}
	}
	if err := p.Verify(want); err != nil {
		return opened{nil, errors.Join(err, p.Close())}
	}
	return opened{p, nil}
}

// Close closes the file. A program that was started goes on.
func (p *Program) Close() error { return p.file.Close() }

// Info is that of the file when it was opened.
func (p *Program) Info() os.FileInfo { return p.was }

// SHA256 is the hex digest of the file.
func (p *Program) SHA256() (string, error) {
	if p.sum != "" {
		return p.sum, nil
	}
	sum, err := digestOf(io.NewSectionReader(p.file, 0, 1<<62))
	if err != nil {
		return "", fmt.Errorf("%s: %w", p.Path, err)
	}
	p.sum = sum
	return sum, nil
}

// Verify compares the file with a hex digest, with or without "sha256:" before
// it; an empty one is any.
func (p *Program) Verify(want string) error {
	if want == "" {
		return nil
	}
	want = strings.ToLower(strings.TrimPrefix(want, "sha256:"))
	got, err := p.SHA256()
	if err != nil || got == want {
		return err
	}
	return &DigestError{Path: p.Path, Want: want, Got: got}
}

// Command runs the program. Where links is a folder, the file is executed through
// a link in it that is called as the file is, and so is the process then.
func (p *Program) Command(links string, args ...string) *exec.Cmd {
	cmd := &exec.Cmd{Path: p.Path, Args: append([]string{p.Path}, args...)}
	if p.open != "" {
		cmd.Path = p.open
		if link := filepath.Join(links, filepath.Base(p.Path)); links != "" && os.Symlink(p.open, link) == nil {
			cmd.Path = link
		}
	}
	return cmd
}

// Check says, once the program runs, whether it can be another one than was
// digested.
func (p *Program) Check() error {
	if p.sum == "" {
		return nil
	}
	now, err := p.file.Stat()
	same := err == nil && unchanged(p.was, now)
	got := p.sum
	switch {
	case p.open == "":
		if there, err := os.Stat(p.Path); err != nil || !same || !os.SameFile(p.was, there) {
			got, err = FileSHA256(p.Path)
			if err != nil {
				return fmt.Errorf("plugin, after its start: %w", err)
			}
		}
	case !same:
		if got, err = digestOf(io.NewSectionReader(p.file, 0, 1<<62)); err != nil {
			return fmt.Errorf("plugin %s, after its start: %w", p.Path, err)
		}
	}
	if got != p.sum {
		return &DigestError{Path: p.Path, Want: p.sum, Got: got}
	}
	return nil
}

// unchanged says that nobody has written to a file: the time of change is the
// system's own.
func unchanged(was, now os.FileInfo) bool {
	return was.Size() == now.Size() && was.ModTime().Equal(now.ModTime()) && changeTime(was).Equal(changeTime(now))
}

func digestOf(r io.Reader) (string, error) {
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func readHead(f *os.File, b []byte) string {
	n, _ := f.ReadAt(b, 0)
	return string(b[:n])
}
