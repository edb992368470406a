package registry

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/assay-bench/assay/core/process"
	"github.com/assay-bench/assay/core/release"
	"github.com/assay-bench/assay/core/source"
)

// Installer puts plugins into the user's folder, where versions stand side by
// side. Its lock says what is pinned; it changes none but the folder's own.
type Installer struct {
	Dir     string          // [UserFolder]
	Lock    *Lock           // of the experiments
	Upgrade bool            // take the newest version that is allowed, whatever is pinned
	From    release.Options // how sources are reached
}

// Installation is a plugin in the user's folder, to be pinned.
type Installation struct {
	Pin
	Fresh  bool // it was not there before
	Signed bool // its sums are signed with the key that was given
}

// Install makes one version of a plugin be there. It asks the network for
// nothing where the pinned version is installed.
func (in *Installer) Install(ctx context.Context, w Wanted) (*Installation, error) {
	free, err := holdUser(ctx, in.Dir)
	if err != nil {
		return nil, err
	}
	defer free()
	pinned, err := in.entry(w)
	if err != nil {
		return nil, err
	}
	if i := in.there(w, pinned); i != nil {
		return i, nil
	}
	out, err := in.install(ctx, w, pinned)
	if err != nil {
		return nil, fmt.Errorf("plugin %s: %w", w.Name, err)
	}
	return out, nil
}

// entry of the lock file that stands for w, nil if there is none. Its version
// becomes a part of paths, and the file may be somebody else's.
func (in *Installer) entry(w Wanted) (*Locked, error) {
	if err := in.Lock.CheckSource(w.Name, w.Source.Text); err != nil {
		return nil, err
	}
	pinned := in.Lock.pinned(w)
	if pinned != nil && !semantic(pinned.Version) {
		return nil, fmt.Errorf("plugin %s: %s has version %q for it, which is no semantic version: take the block out of that file and run %s", w.Name, in.Lock.path, pinned.Version, in.Lock.initCommand())
	}
	return pinned, nil
}

// there is the pinned version if it is installed and nothing more is asked for.
func (in *Installer) there(w Wanted, pinned *Locked) *Installation {
	if pinned == nil || in.Upgrade || w.Constraint != "" && !allows(w.Constraint, pinned.Version) || pinned.PublicKey != w.PublicKey || len(pinned.Archives) == 0 {
		return nil
	}
	path, sum := userPath(in.Dir, w.Name, pinned.Version), pinned.hash(Platform())
	if !same(path, sum) {
		return nil
	}
	return &Installation{Signed: w.PublicKey != "", Pin: w.pin(pinned.Version, path, sum, pinned.Archives)}
}

func (w Wanted) pin(version, path, sum string, archives []string) Pin {
	return Pin{
		Installed: &Installed{Name: w.Name, Version: version, Path: path, SHA256: sum},
		Source:    w.Source.Text, Constraint: w.Constraint, PublicKey: w.PublicKey, Archives: archives,
	}
}

func (in *Installer) install(ctx context.Context, w Wanted, pinned *Locked) (*Installation, error) {
	place, err := release.At(w.Source, w.Name, in.From)
	if err != nil {
		return nil, err
	}
	version, err := in.choose(ctx, place, w, pinned)
	if err != nil {
		return nil, err
	}
	r, err := release.Open(ctx, place, w.Name, version, w.PublicKey)
	if err != nil {
		return nil, err
	}
	if err := in.unchanged(r, w); err != nil {
		return nil, err
	}
	user, err := readUser(in.Dir)
	if err != nil {
		return nil, err
	}
	path := userPath(in.Dir, w.Name, version)
	sum, err := in.installed(user, r, w, path)
	if err != nil {
		return nil, err
	}
	out := &Installation{Signed: r.Signed, Fresh: sum == ""}
	if sum == "" {
		if sum, err = in.fetch(ctx, r, w, path); err != nil {
			return nil, err
		}
		user.put(Locked{Name: w.Name, Version: version, Source: w.Source.Text, PublicKey: w.PublicKey, Hashes: []string{Platform() + ":sha256:" + sum}, Archives: r.Hashes()})
		if err := user.Write(user.path); err != nil {
			return nil, errors.Join(err, os.Remove(path))
		}
	}
	out.Pin = w.pin(version, path, sum, r.Hashes())
	return out, nil
}

// unchanged holds a release against the archives that its version was pinned with.
func (in *Installer) unchanged(r *release.Release, w Wanted) error {
	locked := in.Lock.at(w.Name, r.Version)
	if locked == nil {
		return nil
	}
	for platform, archive := range r.Archives {
		if was := hashFor(locked.Archives, platform); was != "" && was != archive.SHA256 {
			return fmt.Errorf("the release %s has changed since it was locked: the sha256 of its archive for %s is %s…, %s has %s…; ask its author why; if the change is wanted, take the block plugin %q out of that file and run %s",
				r.Version, platform, archive.SHA256[:16], in.Lock.path, was[:16], w.Name, in.Lock.initCommand())
		}
	}
	return nil
}

// installed gives the digest of the version in the user's folder, empty if it is
// not there. What stands at its path must have come out of this release.
func (in *Installer) installed(user *Lock, r *release.Release, w Wanted, path string) (string, error) {
	if _, err := os.Lstat(path); err != nil {
		return "", nil //nolint:nilerr // what is not there is fetched
	}
	fix := fmt.Sprintf("`assay plugin remove %s %s` takes it away", w.Name, r.Version)
	was := user.at(w.Name, r.Version)
	switch {
	case was == nil || !same(path, was.hash(Platform())):
		return "", fmt.Errorf("%s is there, and is not what was installed; %s", path, fix)
	case !source.Same(was.Source, w.Source.Text):
		return "", fmt.Errorf("%s is there, and came from %s; %s", path, was.Source, fix)
	case hashFor(was.Archives, Platform()) != r.Archives[Platform()].SHA256:
		return "", fmt.Errorf("%s is there, and came out of another archive of %s than the release has now; %s", path, was.Source, fix)
	}
	return was.hash(Platform()), in.expected(w, r.Version, was.hash(Platform()))
}

// expected holds a binary against the one that its version was pinned with.
func (in *Installer) expected(w Wanted, version, sum string) error {
	locked := in.Lock.at(w.Name, version)
	if locked == nil {
		return nil
	}
	if was := locked.hash(Platform()); was != "" && was != sum {
		return fmt.Errorf("the binary in the release %s has the sha256 %s…, and %s has %s… for it; if the change is wanted, take the block plugin %q out of that file and run %s",
			version, sum[:16], in.Lock.path, was[:16], w.Name, in.Lock.initCommand())
	}
	return nil
}

// fetch downloads, verifies and unpacks the release for this machine, asks the
// binary what it is, and puts it at path.
func (in *Installer) fetch(ctx context.Context, r *release.Release, w Wanted, path string) (string, error) {
	dir, err := os.MkdirTemp(in.Dir, fetchPrefix)
	if err != nil {
		return "", fmt.Errorf("plugin folder: %w", err)
	}
	defer os.RemoveAll(dir)
	binary, err := unpacked(ctx, r, Platform(), dir)
	if err != nil {
		return "", err
	}
	sum, err := process.FileSHA256(binary)
	if err == nil {
		err = in.expected(w, r.Version, sum)
	}
	if err != nil {
		return "", err
	}
	if err := vouch(ctx, w, r.Version, binary); err != nil {
		return "", fmt.Errorf("archive %s: the plugin in it is not installed: %w", r.Archives[Platform()].File, err)
	}
	if !same(binary, sum) {
		return "", fmt.Errorf("archive %s: the plugin in it changed while it said what it is", r.Archives[Platform()].File)
	}
	return sum, os.Rename(binary, path)
}

// unpacked is the executable for a platform in the folder dir.
func unpacked(ctx context.Context, r *release.Release, platform, dir string) (path string, err error) {
	archive, err := os.Create(filepath.Join(dir, "archive"))
	if err != nil {
		return "", err
	}
	defer archive.Close() //nolint:errcheck // is taken away
	if err := r.Download(ctx, platform, archive); err != nil {
		return "", err
	}
	info, err := archive.Stat()
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, prefix+r.Name)
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if err != nil {
		return "", err
	}
	err = release.Unpack(archive, info.Size(), r.Archives[platform].File, r.Name, r.Version, release.MaxUnpacked, out)
	if err == nil {
		err = out.Sync()
	}
	return path, errors.Join(err, out.Close())
}

// vouch asks the plugin what it is, and holds it against what was wanted.
func vouch(ctx context.Context, w Wanted, version, path string) error {
	program, err := process.OpenProgram(path)
	if err != nil {
		return notStarted(path, err)
	}
	defer program.Close() //nolint:errcheck // read only
	text, err := describe(ctx, program, nil)
	if err != nil {
		return err
	}
	d, err := candidate{name: w.Name, version: version, path: path}.accept(text)
	if err != nil {
		return err
	}
	if source.Contradicts(w.Source.Text, d.GetSource()) {
		return fmt.Errorf("it says that it is %q, and was fetched from %s", d.GetSource(), w.Source.Text)
	}
	return nil
}
