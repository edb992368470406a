package release

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/hashicorp/go-version"

	"github.com/assay-bench/assay/core/source"
)

// Place is where the releases of one plugin are.
type Place interface {
	// Versions lists the releases, in no order, and what looks like one and is none.
	Versions(ctx context.Context) ([]string, []Passed, error)

	// open gives a file of a version; fs.ErrNotExist where there is none.
	open(ctx context.Context, version, file string) (io.ReadCloser, error)

	// where names a version for messages.
	where(version string) string
}

// Passed is a release that cannot be taken, and why.
type Passed struct {
	Release string `json:"release"`
	Reason  string `json:"reason"`
}

// Options say how places are reached.
type Options struct {
	Dir    string              // that paths of sources are relative to
	Mirror string              // folder that stands for the network: github.com/OWNER/REPOSITORY/vX.Y.Z/FILE
	Getenv func(string) string // nil: an empty environment

	After func(time.Duration, func()) *time.Timer // nil: time.AfterFunc
}

// EnvURL is the address in place of https://github.com, such as that of a GitHub
// Enterprise server, whose API is at /api/v3.
const EnvURL = "ASSAY_GITHUB_URL"

// ErrNamed is why there is no place: the source says whose the plugin is only.
var ErrNamed = errors.New("the source names no place to fetch the plugin from")

// At gives the place of a source that has the releases of the plugin name.
func At(s source.Source, name string, o Options) (Place, error) {
	path := s.Text
	if !filepath.IsAbs(path) {
		path = filepath.Join(o.Dir, path)
	}
	switch {
	case s.Kind == source.Named:
		return nil, fmt.Errorf("%q: %w", s.Text, ErrNamed)
	case s.Kind == source.Archive:
		if _, err := os.Stat(path); err != nil {
			return nil, fmt.Errorf("archive: %w", err)
		}
		return archive{path}, nil
	case s.Kind == source.Folder:
		return folder{path: path, name: name}, nil
	case o.Mirror != "":
		return folder{path: MirrorFolder(o.Mirror, s), name: name, mirror: o.Mirror}, nil
	}
	return newGitHub(s, o)
}

// MirrorFolder is where a mirror has the releases of a repository.
func MirrorFolder(mirror string, s source.Source) string {
	return filepath.Join(mirror, "github.com", s.Owner, s.Repo)
}

// tagged reads the version of a tag, vX.Y.Z.
func tagged(tag string) (string, bool) {
	if len(tag) < 2 || tag[0] != 'v' {
		return "", false
	}
	v, err := version.NewSemver(tag[1:])
	if err != nil || v.String() != tag[1:] { // 1.2 is 1.2.0, and its files are elsewhere
		return "", false
	}
	return tag[1:], true
}
