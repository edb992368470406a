package scaffold

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

const assay = "github.com/assay-bench/assay"

// Source is the Assay that a plugin is built with: a version that can be fetched,
// or a folder.
type Source struct {
	Version string // of the module, v0.1.0
	Folder  string // absolute
}

func (s Source) usable() error {
	if s.Version == "" && s.Folder == "" {
		return errors.New("this assay is a development build, of which no version is published: name a clone of " + assay + " with --sdk FOLDER")
	}
	return nil
}

// In is the source in a folder, which has to be one of Assay's.
func In(folder string) (Source, error) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return Source{}, err
	}
	text, err := os.ReadFile(filepath.Join(folder, "go.mod"))
	if err == nil && modfile.ModulePath(text) == assay {
		return Source{Folder: folder}, nil
	}
	if err == nil {
		err = fmt.Errorf("its go.mod is of module %q", modfile.ModulePath(text))
	}
	return Source{}, fmt.Errorf("--sdk %s: not the source of Assay, a clone of %s: %w", folder, assay, err)
}

// Running is the source of a program by what its build says of itself: the version
// that was fetched or tagged, else the source that the program lies in, as after
// `make build`; none where neither is known.
func Running(info *debug.BuildInfo, program string) Source {
	if info != nil && info.Main.Path == assay && published(info.Main) {
		return Source{Version: info.Main.Version}
	}
	program, err := filepath.EvalSymlinks(program)
	if err != nil {
		return Source{}
	}
	for folder := filepath.Dir(program); ; folder = filepath.Dir(folder) {
		if s, err := In(folder); err == nil {
			return s
		}
		if folder == filepath.Dir(folder) {
			return Source{}
		}
	}
}

// published says whether a module can be fetched at its version: it was (it has a
// checksum then), or it was built from a tag, without changes.
func published(m debug.Module) bool {
	return m.Sum != "" || semver.IsValid(m.Version) && !module.IsPseudoVersion(m.Version) && !strings.Contains(m.Version, "+")
}
