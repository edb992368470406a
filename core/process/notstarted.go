package process

import (
	"bytes"
	"debug/elf"
	"debug/macho"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"runtime"
	"strings"
	"syscall"
)

// NotStarted is the death of a program that the system did not start, named by
// what its file is. err is the system's word; it may be nil.
func NotStarted(path string, err error) *DeathError {
	why := whyNot(path, err)
	return &DeathError{
		Plugin: (&Options{Path: path}).name(),
		Death:  Death{Kind: KindNotStarted, Phase: "start", Detail: why},
	}
}

func whyNot(path string, err error) string {
	info, serr := os.Stat(path)
	switch {
	case errors.Is(serr, fs.ErrNotExist):
		return path + ": there is no such file"
	case serr != nil:
		return serr.Error()
	case info.IsDir():
		return path + " is a folder"
	case !info.Mode().IsRegular():
		return path + " is no file"
	case info.Size() == 0:
		return path + " is empty"
	case info.Mode()&0o111 == 0:
		return fmt.Sprintf("%s is not executable; `chmod +x %s` makes it so", path, path)
	case noexec(path):
		return path + " lies on a file system that is mounted noexec; put it on another one"
	case errors.Is(err, syscall.ETXTBSY):
		return path + " is being written; try again when it is whole"
	}
	if why := unfit(path, err); why != "" {
		return path + " " + why
	}
	if err == nil {
		return path + " cannot be started"
	}
	return fmt.Sprintf("%s cannot be started: %v", path, plainError(err))
}

func plainError(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// unfit says what is wrong with the content of a file.
func unfit(path string, err error) string {
	f, oerr := os.Open(path)
	if oerr != nil {
		return fmt.Sprintf("cannot be read: %v", plainError(oerr))
	}
	defer f.Close()
	head := readHead(f, make([]byte, 512))
	switch {
	case strings.HasPrefix(head, "#!"):
		return unfitScript(head)
	case strings.HasPrefix(head, "\x7fELF"):
		return unfitELF(f)
	case strings.HasPrefix(head, "MZ"):
		return "is a program for Windows"
	case isMacho(head):
		return unfitMacho(f)
	case errors.Is(err, syscall.ENOEXEC):
		return "is no program; a script needs a first line that names its interpreter, such as #!/bin/sh"
	}
	return ""
}

// unfitScript looks for the interpreter that the first line names.
func unfitScript(head string) string {
	line, _, _ := strings.Cut(head[2:], "\n")
	if strings.HasSuffix(line, "\r") {
		return "has a first line that ends with a carriage return, as Windows writes it; `sed -i 's/\\r$//'` takes them out"
	}
	fields := strings.Fields(line)
	if len(fields) == 0 {
		return "has a first line that names no interpreter"
	}
	info, err := os.Stat(fields[0])
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Sprintf("is a script, and its interpreter %s is not there", fields[0])
	case err == nil && (info.IsDir() || info.Mode()&0o111 == 0):
		return fmt.Sprintf("is a script, and its interpreter %s is not executable", fields[0])
	}
	return ""
}

var elfMachines = map[elf.Machine]string{
	elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64", elf.EM_386: "386", elf.EM_ARM: "arm",
	elf.EM_RISCV: "riscv64", elf.EM_PPC64: "ppc64", elf.EM_S390: "s390x", elf.EM_LOONGARCH: "loong64",
}

func unfitELF(f *os.File) string {
	e, err := elf.NewFile(f)
	if err != nil {
		return fmt.Sprintf("is a damaged program: %v", err)
	}
	machine, known := elfMachines[e.Machine]
	if !known {
		machine = e.Machine.String()
	}
	switch {
	case runtime.GOOS != "linux":
		return fmt.Sprintf("is a program for Linux on %s", machine)
	case machine != runtime.GOARCH:
		return fmt.Sprintf("is a program for %s; this machine is %s", machine, runtime.GOARCH)
	case e.Type != elf.ET_EXEC && e.Type != elf.ET_DYN:
		return "is compiled and not linked"
	}
	for _, p := range e.Progs {
		if p.Type != elf.PT_INTERP {
			continue
		}
		loader := make([]byte, min(p.Filesz, 4096))
		if _, err := p.ReadAt(loader, 0); err != nil {
			return fmt.Sprintf("is a damaged program: %v", err)
		}
		name := string(bytes.TrimRight(loader, "\x00"))
		if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
			return fmt.Sprintf("was linked for another system: its loader %s is not there", name)
		}
	}
	return ""
}

func isMacho(head string) bool {
	for _, magic := range []string{"\xcf\xfa\xed\xfe", "\xfe\xed\xfa\xcf", "\xce\xfa\xed\xfe", "\xca\xfe\xba\xbe"} {
		if strings.HasPrefix(head, magic) {
			return true
		}
	}
	return false
}

func unfitMacho(f *os.File) string {
	if runtime.GOOS != "darwin" {
		return "is a program for macOS"
	}
	m, err := macho.NewFile(f)
	if err != nil {
		return "" // of several architectures, or damaged: the system's word stands
	}
	machine := map[macho.Cpu]string{macho.CpuAmd64: "amd64", macho.CpuArm64: "arm64"}[m.Cpu]
	if machine != runtime.GOARCH {
		return fmt.Sprintf("is a program for %s; this machine is %s", m.Cpu, runtime.GOARCH)
	}
	return ""
}

// loading are the words of loaders and of env about what a program needs and does
// not find, which end it with status 127, or on macOS by SIGABRT.
var loading = []struct {
	words *regexp.Regexp
	what  string
}{
	{regexp.MustCompile(`error while loading shared libraries: (\S+): `), "the shared library %s is missing"},
	{regexp.MustCompile(`Error loading shared library (\S+): `), "the shared library %s is missing"}, // musl
	{regexp.MustCompile(`Library not loaded: (\S+)`), "the shared library %s is missing"},            // dyld
	{regexp.MustCompile(`env: [‘'"]?([^’'":\s]+)[’'"]?: No such file or directory`), "its interpreter %s is not installed"},
}

// Missing says what a program did not find when it began, "" where its
// stderr does not tell.
func Missing(stderr string) string {
	for _, l := range loading {
		if m := l.words.FindStringSubmatch(stderr); m != nil {
			return fmt.Sprintf(l.what, m[1])
		}
	}
	return ""
}
