package registry

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"sort"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// LockName is the lock file's name, beside the experiments.
const LockName = "assay.lock.hcl"

// Platform is the key of this machine's digests: "linux_amd64".
func Platform() string { return runtime.GOOS + "_" + runtime.GOARCH }

// Lock pins plugins: version, the constraint it was chosen by, and the digest
// of the binary on each platform.
type Lock struct {
	Plugins []Locked `hcl:"plugin,block"`

	path string
}

// Locked is one pinned plugin. Hashes are "PLATFORM:sha256:HEX".
type Locked struct {
	Name       string   `hcl:"name,label"`
	Version    string   `hcl:"version"`
	Constraint string   `hcl:"constraint,optional"`
	Hashes     []string `hcl:"hashes"`
}

// ReadLock reads a lock file. An absent one pins nothing.
func ReadLock(path string) (*Lock, error) {
	l := &Lock{path: path}
	if path == "" {
		return l, nil
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err != nil {
		return nil, fmt.Errorf("lock file: %w", err)
	}
	file, diags := hclparse.NewParser().ParseHCL(data, path)
	if !diags.HasErrors() {
		diags = append(diags, gohcl.DecodeBody(file.Body, nil, l)...)
	}
	if diags.HasErrors() {
		return nil, fmt.Errorf("lock file: %w; mend it, or delete it and run `assay plugin lock`", firstError(diags))
	}
	for _, p := range l.Plugins {
		for _, h := range p.Hashes {
			if platform, sum, ok := strings.Cut(h, ":sha256:"); !ok || platform == "" || len(sum) != 64 {
				return nil, fmt.Errorf("lock file %s: plugin %s: hash %q is not PLATFORM:sha256:HEX", path, p.Name, h)
			}
		}
	}
	return l, nil
}

func firstError(diags hcl.Diagnostics) error { return diags.Errs()[0] }

func (l *Lock) find(name string) *Locked {
	for i := range l.Plugins {
		if l.Plugins[i].Name == name {
			return &l.Plugins[i]
		}
	}
	return nil
}

// hash pinned for a platform, empty if none.
func (p *Locked) hash(platform string) string {
	for _, h := range p.Hashes {
		if sum, ok := strings.CutPrefix(h, platform+":sha256:"); ok {
			return sum
		}
	}
	return ""
}

// check compares a binary with what is pinned. A plugin that the lock does not
// name is accepted, but not locked.
func (l *Lock) check(name, sum string) (locked bool, err error) {
	p := l.find(name)
	if p == nil {
		return false, nil
	}
	switch pinned := p.hash(Platform()); pinned {
	case sum:
		return true, nil
	case "":
		return false, fmt.Errorf("%s pins it for other platforms but not for %s; if this binary is wanted, run `assay plugin lock %s`", l.path, Platform(), name)
	default:
		return false, fmt.Errorf("it has changed since it was locked: its sha256 is %s…, %s has %s…; if the change is wanted, run `assay plugin lock %s`",
			sum[:16], l.path, pinned[:min(16, len(pinned))], name)
	}
}

// checkVersion catches a lock file edited by hand.
func (l *Lock) checkVersion(p *Installed) error {
	if pinned := l.find(p.Name); p.Locked && pinned.Version != p.Version {
		return fmt.Errorf("it says version %s, %s has %s for this binary; run `assay plugin lock %s`", p.Version, l.path, pinned.Version, p.Name)
	}
	return nil
}

// Pin notes this platform's digest of a plugin, as chosen by a constraint.
// Digests of other platforms stay as long as the version does.
func (l *Lock) Pin(p *Installed, constraint string) {
	entry := l.find(p.Name)
	if entry == nil {
		l.Plugins = append(l.Plugins, Locked{Name: p.Name})
		entry = l.find(p.Name)
	}
	if entry.Version != p.Version {
		entry.Hashes = nil
	}
	entry.Version, entry.Constraint = p.Version, constraint
	entry.Hashes = slices.DeleteFunc(entry.Hashes, func(h string) bool { return strings.HasPrefix(h, Platform()+":") })
	entry.Hashes = append(entry.Hashes, Platform()+":sha256:"+p.SHA256)
	sort.Strings(entry.Hashes)
}

const lockHeader = `# Maintained by "assay plugin lock": versions and digests of the plugins that
# these experiments run with. Commit it; a plugin that differs is refused.
`

// Write replaces the lock file.
func (l *Lock) Write(path string) error {
	sort.Slice(l.Plugins, func(i, j int) bool { return l.Plugins[i].Name < l.Plugins[j].Name })
	f := hclwrite.NewEmptyFile()
	for _, p := range l.Plugins {
		f.Body().AppendNewline()
		body := f.Body().AppendNewBlock("plugin", []string{p.Name}).Body()
		body.SetAttributeValue("version", cty.StringVal(p.Version))
		if p.Constraint != "" {
			body.SetAttributeValue("constraint", cty.StringVal(p.Constraint))
		}
		body.SetAttributeRaw("hashes", hashTokens(p.Hashes))
	}
	return writeFile(path, append([]byte(lockHeader), hclwrite.Format(f.Bytes())...))
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
