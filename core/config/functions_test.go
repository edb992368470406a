package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// file() reads in the configuration's folder and in those allowed, wherever links
// and dots lead.
func TestWhereFileReads(t *testing.T) {
	root := t.TempDir()
	dir, other := filepath.Join(root, "conf"), filepath.Join(root, "conf-other")
	for path, text := range map[string]string{"conf/in.txt": "in", "conf/sub/deep.txt": "deep", "conf-other/out.txt": "out"} {
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"conf/away.txt": "../conf-other/out.txt", "conf/folder": "../conf-other", "conf/near.txt": "sub/deep.txt", "link": "conf"} {
		if err := os.Symlink(to, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	const outside = "--allow-files "
	for _, c := range []struct {
		dir, path string
		allowed   []string
		want      string // text, or what an error says
	}{
		{dir, "in.txt", nil, "in"},
		{dir, "sub/../sub/deep.txt", nil, "deep"},
		{dir, "near.txt", nil, "deep"},
		{dir, filepath.Join(dir, "in.txt"), nil, "in"},
		{filepath.Join(root, "link"), "in.txt", nil, "in"},
		{dir, "away.txt", nil, outside},
		{dir, "folder/out.txt", nil, outside},
		{dir, "../conf-other/out.txt", nil, outside},
		{dir, "/etc/passwd", nil, outside + "/etc"},
		{dir, "../conf-other/out.txt", []string{other}, "out"},
		{dir, "away.txt", []string{filepath.Join(root, "nowhere"), other}, "out"},
		{dir, "none.txt", nil, "no such file"},
		{dir, "sub", nil, "not a regular file"},
	} {
		text, err := readText(c.dir, c.allowed, c.path)
		if err != nil {
			text = err.Error()
		}
		if text != c.want && (err == nil || !strings.Contains(text, c.want)) {
			t.Errorf("%s in %s, allowed %v: %s, want %s", c.path, c.dir, c.allowed, text, c.want)
		}
	}
}
