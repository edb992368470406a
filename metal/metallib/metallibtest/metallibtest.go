// Package metallibtest makes small .metallib files for tests, of LLVM text, since
// Apple's own cannot be committed.
package metallibtest

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// Module is one kernel of a library.
type Module struct {
	Name    string
	Bitcode []byte // without wrapper
}

// ErrNoCompiler says that clang-16, which reads LLVM text, is not on this machine.
var ErrNoCompiler = errors.New("clang-16 is not installed")

// Assemble makes a module of each file of LLVM text. The kernel of NAME.ll is
// called NAME.
func Assemble(files ...string) ([]Module, error) {
	clang, err := exec.LookPath("clang-16")
	if err != nil {
		return nil, ErrNoCompiler
	}
	var out []Module
	for _, file := range files {
		c := exec.Command(clang, "-target", "x86_64-linux-gnu", "-w", "-x", "ir", file, "-c", "-emit-llvm", "-Xclang", "-disable-llvm-passes", "-o", "-")
		var stdout, stderr bytes.Buffer
		c.Stdout, c.Stderr = &stdout, &stderr
		if err := c.Run(); err != nil {
			return nil, fmt.Errorf("%s: %w: %s", file, err, stderr.String())
		}
		out = append(out, Module{strings.TrimSuffix(filepath.Base(file), ".ll"), stdout.Bytes()})
	}
	return out, nil
}

// Library is a .metallib file of kernels.
func Library(modules ...Module) []byte {
	u32, u64 := binary.LittleEndian.AppendUint32, binary.LittleEndian.AppendUint64
	var list, code []byte
	for _, m := range modules {
		wrapped := wrap(m.Bitcode)
		hash := sha256.Sum256(wrapped)
		e := u32(nil, 0)
		for _, tag := range []struct {
			name string
			data []byte
		}{
			{"NAME", append([]byte(m.Name), 0)},
			{"TYPE", []byte{2}},
			{"HASH", hash[:]},
			{"OFFT", u64(u64(u64(nil, 0), 0), uint64(len(code)))},
			{"VERS", []byte{2, 0, 6, 0, 3, 0, 1, 0}},
			{"MDSZ", u64(nil, uint64(len(wrapped)))},
		} {
			e = append(e, tag.name...)
			e = binary.LittleEndian.AppendUint16(e, uint16(len(tag.data)))
			e = append(e, tag.data...)
		}
		e = append(e, "ENDT"...)
		binary.LittleEndian.PutUint32(e, uint32(len(e)))
		list = append(list, e...)
		code = append(code, wrapped...)
	}
	const header = 88
	behind := uint64(header + 4 + len(list))
	out := append([]byte("MTLB\x01\x80\x02\x00\x07\x00\x00\x81\x0e\x00\x00\x00"), u64(nil, behind+uint64(len(code)))...)
	for _, n := range []uint64{header, uint64(len(list)), behind, 0, behind, 0, behind, uint64(len(code))} {
		out = u64(out, n)
	}
	out = append(u32(out, uint32(len(modules))), list...)
	return append(out, code...)
}

// wrap puts LLVM's wrapper around bitcode, padded as Apple's compiler does.
func wrap(bitcode []byte) []byte {
	out := make([]byte, 20, 20+len(bitcode)+15)
	for i, n := range []uint32{0x0B17C0DE, 0, 20, uint32(len(bitcode)), 0xFFFFFFFF} {
		binary.LittleEndian.PutUint32(out[4*i:], n)
	}
	out = append(out, bitcode...)
	return append(out, make([]byte, -len(out)&15)...)
}
