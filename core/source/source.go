// Package source reads where a plugin comes from, as required_plugins and the
// lock file write it. It opens nothing.
//
// The main path: Parse gives a Source, Same says whether two texts mean one.
package source

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

// Prefix of every plugin's file name, and of the repository that releases it.
const Prefix = "assay-plugin-"

// Kind of place.
type Kind int

// Kinds of places.
const (
	Named   Kind = iota // OWNER/NAME: whose plugin it is, and no place to fetch it from
	GitHub              // github.com/OWNER/assay-plugin-NAME: a repository with releases
	Folder              // a folder with the files of releases
	Archive             // an archive of one release, for one platform
)

// Source is where a plugin comes from.
type Source struct {
	Kind        Kind
	Text        string // as it was written
	Owner, Repo string // of GitHub
	Name        string // that the plugin is installed by; empty: the source does not say
}

var (
	word    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
	archive = regexp.MustCompile(`^(?:` + Prefix + `)([A-Za-z0-9-]+)_v?(\d[^_]*)_([a-z0-9]+_[a-z0-9]+)\.(?:tar\.gz|tgz|zip)$`)
)

// Parse reads a source. A path begins with ./, ../ or /.
func Parse(text string) (Source, error) {
	s := Source{Text: text}
	if strings.HasPrefix(text, "./") || strings.HasPrefix(text, "../") || strings.HasPrefix(text, "/") {
		s.Kind = Folder
		base := path.Base(text)
		if IsArchive(base) {
			name, _, _, ok := ArchiveName(base)
			if !ok {
				return s, fmt.Errorf("source %q: an archive is called %sNAME_vX.Y.Z_OS_ARCH.tar.gz or .zip", text, Prefix)
			}
			s.Kind, s.Name = Archive, name
		} else if name, ok := strings.CutPrefix(base, Prefix); ok {
			s.Name = name
		}
		return s, nil
	}
	if _, rest, ok := strings.Cut(text, "://"); ok {
		return s, fmt.Errorf("source %q: write it without the scheme: %q", text, rest)
	}
	parts := strings.Split(text, "/")
	for _, p := range parts {
		if !word.MatchString(p) {
			return s, fmt.Errorf("source %q: write OWNER/NAME, github.com/OWNER/%sNAME, or a path that begins with ./, ../ or /", text, Prefix)
		}
	}
	if len(parts) < 3 && parts[0] != "github.com" {
		s.Name = parts[len(parts)-1]
		return s, nil
	}
	name, ok := strings.CutPrefix(parts[len(parts)-1], Prefix)
	if len(parts) != 3 || parts[0] != "github.com" || !ok || name == "" {
		return s, fmt.Errorf("source %q: plugins are fetched from github.com/OWNER/%sNAME; name a folder or an archive of its release for another place", text, Prefix)
	}
	s.Kind, s.Owner, s.Repo, s.Name = GitHub, parts[1], parts[2], name
	return s, nil
}

// Fetched says whether there is a place to fetch the plugin from.
func (s Source) Fetched() bool { return s.Kind != Named }

// Of gives the source of a text that was parsed before, or that an older lock
// file has: whatever cannot be read is a name, and nothing has none.
func Of(text string) Source {
	s, err := Parse(text)
	if err != nil && text != "" {
		s.Kind, s.Name = Named, path.Base(text)
	}
	return s
}

// Same says whether two texts mean one source. An owner's plugin is the same
// whether its repository is named or not; a path says nothing of an owner, and is
// only the same path.
func Same(a, b string) bool { return a == b || short(a) == short(b) }

// Contradicts says whether a plugin that says that it is of is is not the one of
// the source text. One that says nothing, and the files of a path, are believed.
func Contradicts(text, is string) bool {
	kind := Of(text).Kind
	return text != "" && is != "" && kind != Folder && kind != Archive && !Same(text, is)
}

func short(text string) string {
	if s := Of(text); s.Kind == GitHub {
		return s.Owner + "/" + s.Name
	}
	return text
}

// IsArchive says whether a file's name is that of an archive.
func IsArchive(file string) bool {
	return strings.HasSuffix(file, ".tar.gz") || strings.HasSuffix(file, ".tgz") || strings.HasSuffix(file, ".zip")
}

// ArchiveName reads the name of a release's archive:
// assay-plugin-NAME_vX.Y.Z_OS_ARCH.tar.gz, .tgz or .zip; the v may be absent.
func ArchiveName(file string) (name, version, platform string, ok bool) {
	m := archive.FindStringSubmatch(file)
	if m == nil {
		return "", "", "", false
	}
	return m[1], m[2], m[3], true
}
