package registry_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/assay-bench/assay/core/registry"
	"github.com/assay-bench/assay/core/source"
)

// Each refusal says what to do, and leaves nothing behind.
func TestRefusals(t *testing.T) {
	plain := registry.Wanted{}
	for name, c := range map[string]struct {
		wanted registry.Wanted
		do     func(f *forge) // to the releases
		locked string         // version that is installed and pinned before
		up     bool
		want   string
	}{
		"tampered archive": {do: func(f *forge) { f.append(f.archive("1.1.0"), "x") }, want: "was damaged or exchanged, and was not unpacked; try again, and tell the author"},
		"missing sum": {do: func(f *forge) { f.write(filepath.Join(f.releases, "v1.1.0", "SHA256SUMS"), "\n") },
			want: "SHA256SUMS has no sum of an archive assay-plugin-add_v1.1.0_OS_ARCH.tar.gz"},
		"no sums":   {do: func(f *forge) { f.remove(filepath.Join(f.releases, "v1.1.0", "SHA256SUMS")) }, want: "its author makes one by `sha256sum *.tar.gz >SHA256SUMS`"},
		"odd sums":  {do: func(f *forge) { f.write(filepath.Join(f.releases, "v1.1.0", "SHA256SUMS"), "<html>\n") }, want: `the line "<html>" is not SHA256  FILE`},
		"two sums":  {do: func(f *forge) { f.twice("1.1.0") }, want: "has two archives for " + registry.Platform()},
		"no upload": {do: func(f *forge) { f.remove(f.archive("1.1.0")) }, want: "its upload may not have ended; try again later"},
		"wrong platform": {do: func(f *forge) {
			f.keep(filepath.Join(f.releases, "v1.1.0"), "plan9_mips")
		}, want: "has no archive for " + registry.Platform() + ", only for plan9_mips: require a version that has one"},
		"outside of the constraint": {wanted: registry.Wanted{Constraint: ">= 2"}, want: "has no release that may be taken:\n  v1.1.0: it is not >= 2\n  v1.0.0: it is not >= 2"},
		"pinned outside of it":      {wanted: registry.Wanted{Constraint: "~> 1.0.0"}, locked: "1.1.0", want: "has version 1.1.0, and ~> 1.0.0 is required; `assay init --upgrade"},
		"downgrade": {do: func(f *forge) { f.remove(filepath.Join(f.releases, "v1.1.0")) }, locked: "1.1.0", up: true,
			want: `the newest one at github.com/you/assay-plugin-add is 1.0.0: a release is not taken back in silence; if the older one is wanted, require version = "= 1.0.0"`},
		"another source": {wanted: registry.Wanted{Source: source.Of("github.com/evil/assay-plugin-add")}, locked: "1.1.0",
			want: "is required of github.com/evil/assay-plugin-add, and %s has it of github.com/you/assay-plugin-add; if the change is wanted, take the block"},
		"released again": {do: func(f *forge) { f.release("1.1.0", "1.1.0+again") }, locked: "1.1.0", up: true, want: "has changed since it was locked: the sha256 of its archive for"},
		"another binary there": {do: func(f *forge) {
			f.append(filepath.Join(f.installer().Dir, "assay-plugin-add_v1.1.0"), "x")
		}, locked: "1.1.0", want: "is there, and is not what was installed; `assay plugin remove add 1.1.0` takes it away"},
		"no repository":    {do: func(f *forge) { f.remove(f.releases) }, want: "there is no repository"},
		"no release":       {do: func(f *forge) { f.empty(f.releases) }, want: "has no release that may be taken: there is none at all"},
		"no version":       {do: func(f *forge) { f.rename("v1.1.0", "nightly"); f.rename("v1.0.0", "v1.0") }, want: "nightly: its tag is no version vX.Y.Z"},
		"says another":     {do: func(f *forge) { f.release("1.1.0", "1.0.9") }, want: "the file name says version 1.1.0, the plugin says 1.0.9"},
		"is no plugin":     {do: func(f *forge) { f.script("1.1.0", "#!/bin/sh\necho no") }, want: "did not print a description"},
		"of another":       {do: func(f *forge) { f.script("1.1.0", described("me/add")) }, want: `it says that it is "me/add", and was fetched from ` + addSource},
		"truncated":        {do: func(f *forge) { f.answer = truncated }, want: "the download ended early: unexpected EOF; try again"},
		"stalled":          {do: func(f *forge) { f.answer = f.stalled }, want: "the download ended early: nothing comes any more; try again"},
		"redirect to http": {do: func(f *forge) { f.answer = redirected("http://example.com/x") }, want: "redirection refused: http://example.com/x is not https: fetch the release by hand"},
		"redirect away":    {do: func(f *forge) { f.answer = redirected("https://example.com/x") }, want: "https://example.com/x is on another host than 127.0.0.1"},
		"redirect for ever": {do: func(f *forge) {
			f.answer = func(w http.ResponseWriter, r *http.Request) bool {
				http.Redirect(w, r, r.URL.Path, http.StatusFound)
				return true
			}
		}, want: "redirection refused: more than 5"},
		"rate limit":  {do: func(f *forge) { f.answer = failing(http.StatusForbidden) }, want: "set GITHUB_TOKEN, or try again later"},
		"server down": {do: func(f *forge) { f.answer = failing(http.StatusBadGateway) }, want: "502 Bad Gateway: try again later, or use a mirror: `assay init --mirror=DIR`"},
		"no network":  {do: func(f *forge) { f.url = "https://127.0.0.1:1" }, want: "cannot be reached: dial tcp 127.0.0.1:1: connect: connection refused; on a machine with network, `assay plugin mirror DIR` saves the release; here, `assay init --mirror=DIR` takes it from there"},
		"plain http":  {do: func(f *forge) { f.url = "http://example.com" }, want: `$ASSAY_GITHUB_URL: "http://example.com" is no https address`},
		"unsigned":    {wanted: registry.Wanted{PublicKey: public(1)}, want: "has no SHA256SUMS.minisig, and public_key says that it is signed"},
		"signed by another": {wanted: registry.Wanted{PublicKey: public(1)}, do: func(f *forge) { f.sign("1.1.0", 2) },
			want: "is not signed with the public_key " + public(1) + ": incompatible key identifiers; whoever made this release"},
		"signed before": {wanted: registry.Wanted{PublicKey: public(1)}, do: func(f *forge) {
			f.sign("1.1.0", 1)
			f.release("1.1.0", "1.1.0+again")
		}, want: "is not signed with the public_key " + public(1) + ": invalid signature"},
		"no key":           {wanted: registry.Wanted{PublicKey: "RWQ"}, want: `public_key "RWQ": it is no minisign public key`},
		"no such mirror":   {do: func(f *forge) { f.url = "mirror" }, want: "/mirror has no folder"},
		"no place":         {wanted: registry.Wanted{Source: source.Of("you/add")}, want: "the source names no place to fetch the plugin from"},
		"no folder":        {wanted: registry.Wanted{Source: source.Of("./assay-plugin-add")}, want: "no such file or directory"},
		"archive, absent":  {wanted: registry.Wanted{Source: source.Of("./assay-plugin-add_v1.0.0_" + registry.Platform() + ".zip")}, want: "no such file or directory"},
		"archive, foreign": {wanted: registry.Wanted{Source: source.Of("./served/you/assay-plugin-add/v1.0.0/assay-plugin-add_v1.0.0_plan9_mips.tar.gz")}, do: func(f *forge) { f.keep(filepath.Join(f.releases, "v1.0.0"), "plan9_mips") }, want: "has no archive for " + registry.Platform()},
	} {
		t.Run(name, func(t *testing.T) {
			f := newForge(t, "1.0.0", "1.1.0")
			if c.locked != "" {
				f.must(f.installer(), plain)
			}
			if c.do != nil {
				c.do(f)
			}
			in := f.installer()
			in.Upgrade = c.up
			if f.url == "mirror" {
				in.From.Mirror = filepath.Join(f.dir, "mirror")
			}
			if name == "stalled" {
				in.From.After = func(_ time.Duration, expire func()) *time.Timer {
					f.expire.Store(&expire)
					return time.AfterFunc(time.Hour, expire)
				}
			}
			before := listing(t, in.Dir)
			want := strings.ReplaceAll(c.want, "%s", filepath.Join(f.dir, registry.LockName))
			i, err := f.install(in, c.wanted)
			if err == nil {
				t.Fatalf("installed %+v, want %q", i, want)
			}
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%v\nwant %q", err, want)
			}
			if after := listing(t, in.Dir); after != before {
				t.Errorf("the folder had %q, and has %q", before, after)
			}
		})
	}
}
