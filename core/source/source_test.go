package source_test

import (
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/source"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]source.Source{
		"you/add":                         {Kind: source.Named, Name: "add"},
		"add":                             {Kind: source.Named, Name: "add"},
		"github.com/you/assay-plugin-add": {Kind: source.GitHub, Owner: "you", Repo: "assay-plugin-add", Name: "add"},
		"./dist":                          {Kind: source.Folder},
		"/mnt/assay-plugin-add":           {Kind: source.Folder, Name: "add"},
		"../assay-plugin-my-add_v1.2.0-rc.1_linux_amd64.tar.gz": {Kind: source.Archive, Name: "my-add"},
		"./assay-plugin-add_1.2.0_darwin_arm64.zip":             {Kind: source.Archive, Name: "add"},
	} {
		want.Text = text
		if got, err := source.Parse(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"":                            "write OWNER/NAME",
		"a b/c":                       "write OWNER/NAME",
		"../":                         "",
		"https://github.com/a/b":      `write it without the scheme: "github.com/a/b"`,
		"github.com/you":              "are fetched from github.com/OWNER/assay-plugin-NAME",
		"github.com/you/add":          "are fetched from github.com/OWNER/assay-plugin-NAME",
		"gitlab.com/you/assay-plugin": "name a folder or an archive",
		"github.com/../x":             "write OWNER/NAME",
		"github.com/a/assay-plugin-":  "are fetched from",
		"./add.tar.gz":                "an archive is called assay-plugin-NAME_vX.Y.Z_OS_ARCH.tar.gz",
	} {
		_, err := source.Parse(text)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestSame(t *testing.T) {
	for _, c := range []struct {
		a, b              string
		same, contradicts bool
	}{
		{"you/add", "you/add", true, false},
		{"you/add", "me/add", false, true},
		{"github.com/you/assay-plugin-add", "you/add", true, false},
		{"github.com/you/assay-plugin-add", "github.com/me/assay-plugin-add", false, true},
		{"./dist", "you/add", false, false},
		{"you/add", "", false, false},
	} {
		if got := source.Same(c.a, c.b); got != c.same {
			t.Errorf("Same(%q, %q) = %v", c.a, c.b, got)
		}
		if got := source.Contradicts(c.a, c.b); got != c.contradicts {
			t.Errorf("Contradicts(%q, %q) = %v", c.a, c.b, got)
		}
	}
}
