package scaffold

import (
	"bytes"
	"go/format"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/source"
)

var sources = []Source{{Version: "v0.3.1"}, {Folder: "/home/me/a clone"}}

// every calls f for each kind of plugin that there is.
func every(t *testing.T, f func(t *testing.T, q Request, made *Made)) {
	for _, l := range Languages() {
		for _, plain := range []bool{false, true} {
			for _, source := range sources {
				q := Request{Name: "row-sum", Language: l, Plain: plain, Source: source, Folder: filepath.Join(t.TempDir(), "new")}
				made, err := New(q)
				if err != nil {
					t.Fatalf("%+v: %v", q, err)
				}
				f(t, q, made)
			}
		}
	}
}

func TestFilesAreComplete(t *testing.T) {
	every(t, func(t *testing.T, q Request, made *Made) {
		for _, want := range []string{"README.md", "experiment.hcl", ".gitignore", ".github/workflows/release.yml", ".assay/plugins/.gitignore"} {
			if !slices.Contains(made.Files, want) {
				t.Errorf("%s has no %s: %v", q.Language, want, made.Files)
			}
		}
		for _, name := range made.Files {
			text, err := os.ReadFile(filepath.Join(q.Folder, name))
			if err != nil {
				t.Fatal(err)
			}
			if m := regexp.MustCompile(`\{%|%\}|<no value>|(?m)[ \t]+$`).Find(text); m != nil || !bytes.HasSuffix(text, []byte("\n")) || bytes.HasSuffix(text, []byte("\n\n")) {
				t.Errorf("%s %s has %q, or does not end with one line end", q.Language, name, m)
			}
			if formatted, err := format.Source(text); strings.HasSuffix(name, ".go") && (err != nil || !bytes.Equal(formatted, text)) {
				t.Errorf("%s %s is not formatted: %v", q.Language, name, err)
			}
		}
	})
}

// A plugin that speaks the protocol by itself has its text.
func TestProtocol(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new")
	if _, err := New(Request{Name: "x", Language: "rust", Folder: folder}); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("../proto/pluginv1/plugin.proto")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(folder, "proto", "plugin.proto")); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%v, %d bytes; want %d", err, len(got), len(want))
	}
}

// What is printed is what the README says.
func TestNext(t *testing.T) {
	every(t, func(t *testing.T, q Request, made *Made) {
		page, err := os.ReadFile(filepath.Join(q.Folder, "README.md"))
		if err != nil {
			t.Fatal(err)
		}
		if len(made.Next) < 3 || !strings.HasSuffix(made.Next[len(made.Next)-1], "experiment.hcl") {
			t.Errorf("%s: next: %q", q.Language, made.Next)
		}
		for _, command := range made.Next {
			if !strings.Contains(string(page), "$ "+command+"\n") {
				t.Errorf("%s: %q is not in the README", q.Language, command)
			}
		}
	})
}

// The module of a Go plugin needs the Go that Assay's own needs.
func TestGoModule(t *testing.T) {
	ours, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`(?m)^go .*$`).Find(ours)
	for _, source := range sources {
		folder := filepath.Join(t.TempDir(), "new")
		if _, err := New(Request{Name: "x", Language: "go", Source: source, Folder: folder}); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(folder, "go.mod"))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(got, version) {
			t.Errorf("no line %q in\n%s", version, got)
		}
		want := "require github.com/assay-bench/assay v0.3.1\n"
		if source.Version == "" {
			want = "replace github.com/assay-bench/assay => \"/home/me/a clone\"\n"
		}
		if !strings.Contains(string(got), want) || strings.Contains(string(got), "replace") != (source.Version == "") {
			t.Errorf("want %q in\n%s", want, got)
		}
	}
}

// A plugin in Python names its module, and takes the SDK from where Assay is.
func TestPythonProject(t *testing.T) {
	for i, want := range []string{
		`dependencies = ["assay-sdk @ git+https://github.com/assay-bench/assay@v0.3.1#subdirectory=core/sdk/python"]`,
		`dependencies = ["assay-sdk @ file:///home/me/a%20clone/core/sdk/python"]`,
	} {
		folder := filepath.Join(t.TempDir(), "new")
		made, err := New(Request{Name: "row-sum", Language: "python", Source: sources[i], Folder: folder})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(made.Files, "assay_plugin_row_sum.py") {
			t.Errorf("no module: %v", made.Files)
		}
		got, err := os.ReadFile(filepath.Join(folder, "pyproject.toml"))
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range []string{want, `assay-plugin-row-sum = "assay_plugin_row_sum:main"`} {
			if !strings.Contains(string(got), line+"\n") {
				t.Errorf("want %s in\n%s", line, got)
			}
		}
	}
}

func TestRefused(t *testing.T) {
	for _, tt := range []struct {
		q    Request
		want string
	}{
		{Request{Name: "", Language: "go"}, `plugin name ""`},
		{Request{Name: "Row", Language: "go"}, "lower-case"},
		{Request{Name: "row_sum", Language: "go"}, "single hyphens"},
		{Request{Name: "../x", Language: "go"}, "lower-case"},
		{Request{Name: strings.Repeat("x", 41), Language: "go"}, "up to 40"},
		{Request{Name: "x", Language: "cobol"}, "there are go"},
		{Request{Name: "x", Language: "go"}, "--sdk FOLDER"},
	} {
		tt.q.Folder = filepath.Join(t.TempDir(), "new")
		_, err := New(tt.q)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v, want %q", tt.q, err, tt.want)
		}
		if _, err := os.Lstat(tt.q.Folder); err == nil {
			t.Errorf("%+v: refused, and the folder is there", tt.q)
		}
	}
}

// Nothing is overwritten, and of what cannot be written whole nothing stays.
func TestFolderThatIsThere(t *testing.T) {
	for _, tt := range []struct{ there, want string }{
		{"README.md", "README.md is there already"},
		{"experiment.hcl", "experiment.hcl is there already"},
		{".github", ".github is no folder"},
		{"LICENSE", ""},
	} {
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, tt.there), []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := New(Request{Name: "x", Language: "go", Source: sources[0], Folder: folder})
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: %v, want %q", tt.there, err, tt.want)
		}
		if text, _ := os.ReadFile(filepath.Join(folder, tt.there)); string(text) != "mine" {
			t.Errorf("%s was overwritten", tt.there)
		}
		entries, err := os.ReadDir(folder)
		if err != nil || tt.want != "" && len(entries) != 1 {
			t.Errorf("%s: left behind: %v, %v", tt.there, entries, err)
		}
	}
}

// The archives of a plugin's release are those that `assay init` looks for, with
// their sums.
func TestReleasesAreFound(t *testing.T) {
	every(t, func(t *testing.T, q Request, made *Made) {
		raw, err := os.ReadFile(filepath.Join(q.Folder, ".github/workflows/release.yml"))
		if err != nil {
			t.Fatal(err)
		}
		text := string(raw)
		page, err := os.ReadFile(filepath.Join(q.Folder, "README.md"))
		if want := `row-sum = { source = "github.com/YOU/assay-plugin-row-sum", version = "~> 0.1" }`; err != nil || !strings.Contains(string(page), want) {
			t.Errorf("%s: the README does not say how others require the plugin: %v", q.Language, err)
		}
		file := regexp.MustCompile(`-czf "([^"]+)"`).FindStringSubmatch(text)
		if file == nil || !strings.Contains(text, "sha256sum assay-plugin-*.tar.gz >SHA256SUMS") {
			t.Fatalf("%s: no archive, or no sums:\n%s", q.Language, text)
		}
		for _, p := range regexp.MustCompile(`\b(?:linux|darwin)[/_](?:amd64|arm64)\b`).FindAllString(text, -1) {
			os, arch, _ := strings.Cut(strings.Replace(p, "/", "_", 1), "_")
			name := strings.NewReplacer("${GITHUB_REF_NAME}", "v0.1.0", "${GOOS}", os, "$GOARCH", arch, "${{ matrix.platform }}", p).Replace(file[1])
			if plugin, version, platform, ok := source.ArchiveName(name); !ok || plugin != q.Name || version != "0.1.0" || platform != os+"_"+arch {
				t.Errorf("%s: %s is no archive of %s 0.1.0 for %s", q.Language, name, q.Name, p)
			}
		}
	})
}
