package registry

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"
	"slices"
	"sort"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"github.com/assay-bench/assay/core/internal/atomicfile"
	"github.com/assay-bench/assay/core/source"
)

// LockName is the lock file's name, beside the experiments.
const LockName = "assay.lock.hcl"

// Platform is the key of this machine's digests: "linux_amd64".
func Platform() string { return runtime.GOOS + "_" + runtime.GOARCH }

// Lock pins plugins: version, the constraint it was chosen by, and the digest
// of the binary on each platform. The user's folder of plugins has one as well: it
// says what was installed there, and from where.
type Lock struct {
	Plugins []Locked `hcl:"plugin,block"`

	path string
	user bool // it is of the user's folder
}

// Locked is one pinned plugin. Hashes of binaries, and of the archives that a
// release has them in, are "PLATFORM:sha256:HEX".
type Locked struct {
	Name       string   `hcl:"name,label"`
	Version    string   `hcl:"version"`
	Source     string   `hcl:"source,optional"`
	Constraint string   `hcl:"constraint,optional"`
	PublicKey  string   `hcl:"public_key,optional"` // that the release was signed with
	Hashes     []string `hcl:"hashes,optional"`
	Archives   []string `hcl:"archives,optional"`
}

// ReadLock reads a lock file. An absent one pins nothing.
func ReadLock(path string) (*Lock, error) {
	l := &Lock{path: path}
	if path == "" {
		return l, nil
	}
	data, err := atomicfile.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err != nil {
		return nil, fmt.Errorf("lock file: %w", err)
	}
	if err := l.parse(data); err != nil {
		return nil, err
	}
	return l, nil
}

// parse reads the text of a lock file.
func (l *Lock) parse(data []byte) error {
	file, diags := hclparse.NewParser().ParseHCL(data, l.path)
	if !diags.HasErrors() {
		diags = append(diags, gohcl.DecodeBody(file.Body, nil, l)...)
	}
	if diags.HasErrors() {
		return fmt.Errorf("lock file: %w; mend it, or delete it and run %s", firstError(diags), l.command())
	}
	for _, p := range l.Plugins {
		for _, h := range slices.Concat(p.Hashes, p.Archives) {
			if platform, sum, ok := strings.Cut(h, ":sha256:"); !ok || platform == "" || len(sum) != 64 {
				return fmt.Errorf("lock file %s: plugin %s: hash %q is not PLATFORM:sha256:HEX", l.path, p.Name, h)
			}
		}
	}
	return nil
}

func firstError(diags hcl.Diagnostics) error { return diags.Errs()[0] }

// versions are the entries of a plugin, one for each version that is pinned.
func (l *Lock) versions(name string) []Locked {
	var out []Locked
	for _, p := range l.Plugins {
		if p.Name == name {
			out = append(out, p)
		}
	}
	return out
}

// hash of a binary pinned for a platform, empty if none.
func (p *Locked) hash(platform string) string { return hashFor(p.Hashes, platform) }

func hashFor(hashes []string, platform string) string {
	for _, h := range hashes {
		if sum, ok := strings.CutPrefix(h, platform+":sha256:"); ok {
			return sum
		}
	}
	return ""
}

// otherVersion is the error of a binary beside the one that is pinned.
type otherVersion struct{ lock, pinned, version string }

func (e *otherVersion) Error() string {
	return fmt.Sprintf("%s has version %s, and this file is called %s", e.lock, e.pinned, e.version)
}

// check compares a binary, whose file's name may say its version, with what is
// pinned. A plugin that the lock does not name is accepted, but not locked.
func (l *Lock) check(name, version, sum string) (locked bool, err error) {
	versions := l.versions(name)
	if len(versions) == 0 {
		return false, nil
	}
	var here []string
	for i := range versions {
		if pinned := versions[i].hash(Platform()); pinned != "" {
			here = append(here, pinned[:16]+"…")
		}
		if versions[i].hash(Platform()) == sum {
			return true, nil
		}
	}
	if version != "" && !slices.ContainsFunc(versions, func(p Locked) bool { return p.Version == version }) {
		var pinned []string
		for _, p := range versions {
			pinned = append(pinned, p.Version)
		}
		return false, &otherVersion{l.path, strings.Join(pinned, " and "), version}
	}
	if len(here) == 0 && slices.ContainsFunc(versions, func(p Locked) bool { return hashFor(p.Archives, Platform()) != "" }) {
		return false, fmt.Errorf("%s pins the release's archive for %s, and this binary did not come out of it; run %s", l.path, Platform(), l.initCommand())
	}
	if len(here) == 0 {
		return false, fmt.Errorf("%s pins it for other platforms but not for %s; if this binary is wanted, run %s", l.path, Platform(), l.command())
	}
	return false, fmt.Errorf("it has changed since it was locked: its sha256 is %s…, %s has %s; if the change is wanted, run %s",
		sum[:16], l.path, strings.Join(here, " and "), l.command())
}

// checkVersion catches a lock file edited by hand.
func (l *Lock) checkVersion(p *Installed) error {
	for _, pinned := range l.versions(p.Name) {
		if p.Locked && pinned.hash(Platform()) == p.SHA256 && pinned.Version != p.Version {
			return fmt.Errorf("it says version %s, %s has %s for this binary; run %s", p.Version, l.path, pinned.Version, l.command())
		}
	}
	return nil
}

// command is how the plugins of this lock file are pinned anew.
func (l *Lock) command() string {
	if dir := filepath.Dir(l.path); dir != "." {
		return "`assay plugin lock " + quoted(dir) + "`"
	}
	return "`assay plugin lock`"
}

// initCommand is how plugins that this lock file pins are installed.
func (l *Lock) initCommand() string {
	if dir := filepath.Dir(l.path); dir != "." {
		return "`assay init " + quoted(dir) + "`"
	}
	return "`assay init`"
}

// upgradeCommand is how newer ones are.
func (l *Lock) upgradeCommand() string {
	if dir := filepath.Dir(l.path); dir != "." {
		return "`assay init --upgrade " + quoted(dir) + "`"
	}
	return "`assay init --upgrade`"
}

// Names are the plugins that are pinned, each once, sorted.
func (l *Lock) Names() []string {
	var out []string
	for _, p := range l.Plugins {
		out = append(out, p.Name)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// CheckSource holds the source that experiments require against the one that the
// plugin was locked by. What the lock file does not name is accepted.
func (l *Lock) CheckSource(name, from string) error {
	for _, p := range l.versions(name) {
		if from == "" || p.Source == "" || source.Same(p.Source, from) {
			continue
		}
		change := "run " + l.command()
		if source.Of(from).Fetched() {
			change = "take the block plugin \"" + name + "\" out of that file and run " + l.initCommand()
		}
		return fmt.Errorf("plugin %s is required of %s, and %s has it of %s; if the change is wanted, %s", name, from, l.path, p.Source, change)
	}
	return nil
}

// Source is that of a plugin that is pinned.
func (l *Lock) Source(name string) string {
	for _, p := range l.versions(name) {
		return p.Source
	}
	return ""
}

// Pin is a version to pin, as chosen by a constraint.
type Pin struct {
	*Installed
	Source     string // as required_plugins has it
	Constraint string
	PublicKey  string
	Archives   []string // of the release that it came from
}

// Pin notes this platform's digests of the versions of a plugin, in place of
// those that it was pinned to. Digests of other platforms stay where the
// version does.
func (l *Lock) Pin(name string, pins ...Pin) {
	before := l.versions(name)
	l.Plugins = slices.DeleteFunc(l.Plugins, func(p Locked) bool { return p.Name == name })
	for _, pin := range pins {
		entry := Locked{Name: name, Version: pin.Version, Source: pin.Source, Constraint: pin.Constraint, PublicKey: pin.PublicKey,
			Hashes: []string{Platform() + ":sha256:" + pin.SHA256}, Archives: pin.Archives}
		for _, old := range before {
			if old.Version != pin.Version || old.Source != pin.Source && (old.Archives != nil || pin.Archives != nil) {
				continue
			}
			if entry.Archives == nil {
				entry.Archives, entry.PublicKey = old.Archives, old.PublicKey
			}
			for _, h := range old.Hashes {
				if !strings.HasPrefix(h, Platform()+":") {
					entry.Hashes = append(entry.Hashes, h)
				}
			}
		}
		sort.Strings(entry.Hashes)
		l.Plugins = append(l.Plugins, entry)
	}
}

const lockHeader = `# Maintained by "assay init" and "assay plugin lock": versions and digests of the
# plugins that these experiments run with. Commit it; a plugin that differs is refused.
`

const userHeader = `# Maintained by "assay init", "assay plugin install" and "assay plugin remove": what
# was installed in this folder, and from where.
`

// Write replaces the lock file.
func (l *Lock) Write(path string) error {
	sort.SliceStable(l.Plugins, func(i, j int) bool { return l.Plugins[i].Name < l.Plugins[j].Name })
	f := hclwrite.NewEmptyFile()
	for _, p := range l.Plugins {
		f.Body().AppendNewline()
		body := f.Body().AppendNewBlock("plugin", []string{p.Name}).Body()
		body.SetAttributeValue("version", cty.StringVal(p.Version))
		if p.Source != "" {
			body.SetAttributeValue("source", cty.StringVal(p.Source))
		}
		if p.Constraint != "" {
			body.SetAttributeValue("constraint", cty.StringVal(p.Constraint))
		}
		if p.PublicKey != "" {
			body.SetAttributeValue("public_key", cty.StringVal(p.PublicKey))
		}
		body.SetAttributeRaw("hashes", hashTokens(p.Hashes))
		if len(p.Archives) > 0 {
			body.SetAttributeRaw("archives", hashTokens(p.Archives))
		}
	}
	header := lockHeader
	if l.user {
		header = userHeader
	}
	return writeFile(path, append([]byte(header), hclwrite.Format(f.Bytes())...))
}

// hashTokens puts each hash on a line of its own, so that a change of one
// platform is a change of one line.
func hashTokens(hashes []string) hclwrite.Tokens {
	var b strings.Builder
	b.WriteString("[\n")
	for _, h := range hashes {
		fmt.Fprintf(&b, "%q,\n", h)
	}
	b.WriteString("]")
	return hclwrite.TokensForIdentifier(b.String())
}
