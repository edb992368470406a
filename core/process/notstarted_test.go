package process_test

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/assay-bench/assay/core/process"
)

// tinyELF is a program of a header, with a loader where that is named.
func tinyELF(machine elf.Machine, loader string) string {
	var b bytes.Buffer
	h := elf.Header64{
		Type: uint16(elf.ET_DYN), Machine: uint16(machine), Version: 1, Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 1, Shentsize: 64,
	}
	copy(h.Ident[:], "\x7fELF\x02\x01\x01")
	p := elf.Prog64{Type: uint32(elf.PT_INTERP), Flags: 4, Off: 120, Filesz: uint64(len(loader) + 1), Memsz: uint64(len(loader) + 1)}
	if loader == "" {
		p = elf.Prog64{Type: uint32(elf.PT_NULL)}
	}
	_ = binary.Write(&b, binary.LittleEndian, h)
	_ = binary.Write(&b, binary.LittleEndian, p)
	b.WriteString(loader + "\x00")
	return b.String()
}

// What keeps a plugin from starting, or ends it before it says a word, is named.
func TestWhyAPluginDoesNotStart(t *testing.T) {
	host, other := elf.EM_X86_64, elf.EM_AARCH64
	if runtime.GOARCH == "arm64" {
		host, other = other, host
	}
	foreign := map[elf.Machine]string{elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64"}[other]
	type want struct {
		kind process.Kind
		says string
	}
	not := func(says string) want { return want{process.KindNotStarted, says} }
	for name, c := range map[string]struct {
		content string // of an executable file
		make    func(path string) error
		want
		only string // operating system
	}{
		"no such file":        {make: func(string) error { return nil }, want: not("there is no such file")},
		"a folder":            {make: func(p string) error { return os.Mkdir(p, 0o755) }, want: not("is a folder")},
		"a pipe":              {make: func(p string) error { return syscall.Mkfifo(p, 0o777) }, want: not("is no file")},
		"a link to nothing":   {make: func(p string) error { return os.Symlink("nothing", p) }, want: not("there is no such file")},
		"empty":               {make: func(p string) error { return os.WriteFile(p, nil, 0o755) }, want: not("is empty")},
		"not executable":      {make: func(p string) error { return os.WriteFile(p, []byte("#!/bin/sh\n"), 0o644) }, want: not("chmod +x")},
		"no shebang":          {content: "echo hello\n", want: not("a script needs a first line that names its interpreter")},
		"bytes":               {content: "\x00\x01\x02\x03", want: not("is no program")},
		"missing interpreter": {content: "#!/nowhere/python3 -u\n", want: not("its interpreter /nowhere/python3 is not there")},
		"interpreter is none": {content: "#!/etc/passwd\n", want: not("its interpreter /etc/passwd is not executable")},
		"empty shebang":       {content: "#!\n", want: not("names no interpreter")},
		"carriage return":     {content: "#!/bin/sh\r\n", want: not("carriage return")},
		"for Windows":         {content: "MZ\x90\x00", want: not("is a program for Windows")},
		"for macOS":           {content: "\xcf\xfa\xed\xfe\x0c\x00\x00\x01", want: not("is a program for macOS"), only: "linux"},
		"wrong architecture":  {content: tinyELF(other, ""), want: not("is a program for " + foreign + "; this machine is " + runtime.GOARCH), only: "linux"},
		"missing loader":      {content: tinyELF(host, "/nowhere/ld.so"), want: not("its loader /nowhere/ld.so is not there"), only: "linux"},
		"half a program":      {content: "\x7fELF\x02\x01\x01", want: not("damaged"), only: "linux"},
		"missing by env":      {content: "#!/usr/bin/env no-such-python\n", want: want{process.KindExited, "its interpreter no-such-python is not installed"}},
		"missing library": {
			content: "#!/bin/sh\necho \"$0: error while loading shared libraries: libcuda.so.1: cannot open shared object file\" >&2\nexit 127\n",
			want:    want{process.KindExited, "the shared library libcuda.so.1 is missing"},
		},
		"missing library on macOS": {
			content: "#!/bin/sh\necho 'dyld[7]: Library not loaded: @rpath/libx.dylib' >&2\nkill -ABRT $$\n",
			want:    want{process.KindSignal, "the shared library @rpath/libx.dylib is missing"},
		},
		"a signal":         {content: "#!/bin/sh\nkill -SEGV $$\n", want: want{process.KindSignal, "signal(segmentation fault)"}},
		"a status":         {content: "#!/bin/sh\nexit 7\n", want: want{process.KindExited, "exited(7) during start"}},
		"an end":           {content: "#!/bin/sh\n", want: want{process.KindProtocol, "exited without a handshake"}},
		"no plugin at all": {content: "#!/bin/sh\necho hello\nexec sleep 100\n", want: want{process.KindProtocol, "protocol"}},
	} {
		t.Run(name, func(t *testing.T) {
			if c.only != "" && c.only != runtime.GOOS {
				t.Skip("a file that only " + c.only + " takes for a program")
			}
			path := filepath.Join(t.TempDir(), "assay-plugin-odd")
			if c.make == nil {
				c.make = func(p string) error { return os.WriteFile(p, []byte(c.content), 0o755) }
			}
			if err := c.make(path); err != nil {
				t.Fatal(err)
			}
			_, err := process.Start(t.Context(), process.Options{Path: path})
			var death *process.DeathError
			if !errors.As(err, &death) || death.Death.Kind != c.kind || !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(c.says)) {
				t.Errorf("%v, want %s that says %q", err, c.kind, c.says)
			}
		})
	}
}

// A file system that executes nothing is named, where this machine has one.
func TestNoexec(t *testing.T) {
	for _, dir := range []string{"/dev/shm", "/run/lock", "/run/user/0"} {
		f, err := os.CreateTemp(dir, "assay-plugin-")
		if err != nil {
			continue
		}
		defer os.Remove(f.Name())
		if _, err := f.WriteString("#!/bin/sh\n"); err != nil {
			continue
		}
		_ = f.Chmod(0o755)
		_ = f.Close()
		_, err = process.Start(t.Context(), process.Options{Path: f.Name()})
		if err != nil && strings.Contains(err.Error(), "mounted noexec") {
			return
		}
	}
	t.Skip("no file system here is mounted noexec and can be written")
}
