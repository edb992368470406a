package registry

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/go-version"

	"github.com/assay-bench/assay/core/release"
	"github.com/assay-bench/assay/core/source"
)

// Wanted is a plugin to install, as required_plugins or a command has it.
type Wanted struct {
	Name       string // that it is installed by
	Source     source.Source
	Constraint string // of the version; empty: any
	PublicKey  string // minisign's; empty: no signature is asked for
}

// pinned is the entry of the lock file that stands for w: the one of the same
// constraint, else the only one, else the highest that is allowed.
func (l *Lock) pinned(w Wanted) *Locked {
	entries := l.versions(w.Name)
	for i := range entries {
		if entries[i].Constraint == w.Constraint {
			return &entries[i]
		}
	}
	if len(entries) == 1 {
		return &entries[0]
	}
	var best *Locked
	for i := range entries {
		if allows(w.Constraint, entries[i].Version) && (best == nil || semver(best.Version).LessThan(semver(entries[i].Version))) {
			best = &entries[i]
		}
	}
	return best
}

// CheckConstraint says why a text is no version constraint; an empty one is any.
func CheckConstraint(text string) error {
	if text == "" {
		return nil
	}
	if _, err := version.NewConstraint(text); err != nil {
		return fmt.Errorf("version %q is no constraint: write something like '~> 0.1' or '>= 1.2, < 2.0'", text)
	}
	return nil
}

// semantic says whether a text is a semantic version: it becomes a part of a path.
func semantic(text string) bool {
	_, err := version.NewSemver(text)
	return err == nil
}

// allows holds a version against a constraint that was read before.
func allows(constraint, v string) bool {
	is, err := version.NewSemver(v)
	if err != nil {
		return false
	}
	if constraint == "" {
		return is.Prerelease() == "" // one that nobody asked for
	}
	c, err := version.NewConstraint(constraint)
	return err == nil && c.Check(is)
}

// choose gives the version to install: the pinned one, or with upgrade and where
// nothing is pinned the highest that place offers and w allows.
func (in *Installer) choose(ctx context.Context, place release.Place, w Wanted, pinned *Locked) (string, error) {
	if pinned != nil && !in.Upgrade {
		if w.Constraint != "" && !allows(w.Constraint, pinned.Version) {
			return "", fmt.Errorf("%s has version %s, and %s is required; %s takes one that is allowed", in.Lock.path, pinned.Version, w.Constraint, in.Lock.upgradeCommand())
		}
		return pinned.Version, nil
	}
	offered, passed, err := place.Versions(ctx)
	if err != nil {
		return "", err
	}
	best := ""
	for _, v := range offered {
		switch {
		case !allows(w.Constraint, v) && w.Constraint == "":
			passed = append(passed, release.Passed{Release: "v" + v, Reason: "it is a pre-release, and no version asks for one"})
		case !allows(w.Constraint, v):
			passed = append(passed, release.Passed{Release: "v" + v, Reason: "it is not " + w.Constraint})
		case best == "" || semver(best).LessThan(semver(v)):
			best = v
		}
	}
	if best == "" {
		return "", fmt.Errorf("%s has no release that may be taken%s", w.Source.Text, explained(passed))
	}
	if pinned != nil && semver(best).LessThan(semver(pinned.Version)) && (w.Constraint == "" || allows(w.Constraint, pinned.Version)) {
		return "", fmt.Errorf("%s has version %s, and the newest one at %s is %s: a release is not taken back in silence; if the older one is wanted, require version = \"= %s\"",
			in.Lock.path, pinned.Version, w.Source.Text, best, best)
	}
	return best, nil
}

// explained lists what was passed over, newest first as far as versions can be read.
func explained(passed []release.Passed) string {
	if len(passed) == 0 {
		return ": there is none at all"
	}
	slices.SortStableFunc(passed, func(a, b release.Passed) int {
		x, errX := version.NewSemver(a.Release)
		y, errY := version.NewSemver(b.Release)
		if errX != nil || errY != nil {
			return 0
		}
		return y.Compare(x)
	})
	var b strings.Builder
	const most = 10
	for i, p := range passed {
		if i == most {
			fmt.Fprintf(&b, "\n  and %d more", len(passed)-most)
			break
		}
		fmt.Fprintf(&b, "\n  %s: %s", p.Release, p.Reason)
	}
	return ":" + b.String()
}
