package child

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMissing(t *testing.T) {
	dir := t.TempDir()
	for name, mode := range map[string]os.FileMode{"there.sh": 0o755, "plain.txt": 0o644} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		argv    []string
		at      string // empty: nothing is missing
		warning bool
		says    string
	}{
		{argv: []string{"./there.sh", "x"}},
		{argv: []string{"./nowhere.sh"}, at: "run.argv[0]", says: "started in " + dir},
		{argv: []string{filepath.Join(dir, "nowhere")}, at: "run.argv[0]", says: "no such file"},
		{argv: []string{"./plain.txt"}, at: "run.argv[0]", says: "chmod +x"},
		{argv: []string{"no-such-program-anywhere"}, at: "run.argv[0]", warning: true, says: "not found in PATH"},
		{argv: []string{"sh", "there.sh"}},
		{argv: []string{"sh", "-e", "nowhere.sh"}, at: "run.argv[2]", warning: true, says: filepath.Join(dir, "nowhere.sh")},
		{argv: []string{"/bin/sh", "nowhere.sh"}, at: "run.argv[1]", warning: true, says: "does not exist"},
		{argv: []string{"sh", "-c", "nowhere.sh"}},
		{argv: []string{"sh", "$HOME/nowhere.sh"}},
		{argv: []string{"cat", "nowhere.txt"}},
	} {
		d := Missing("run.argv", tt.argv, dir)
		if d == nil {
			if tt.at != "" {
				t.Errorf("%q: nothing is said", tt.argv)
			}
			continue
		}
		if d.Path != tt.at || d.Warning != tt.warning || !strings.Contains(d.Detail, tt.says) {
			t.Errorf("%q: %+v, want %s, warning %v, %q", tt.argv, *d, tt.at, tt.warning, tt.says)
		}
	}
	for _, argv := range [][]string{{"python3.12", "-m", "mlx_lm"}, {"perl", "-e", "print 1"}, {"python3", "-u", "x.py"}, {"taskset", "x.py"}} {
		want := -1
		if argv[1] == "-u" {
			want = 2
		}
		if got := script(argv); got != want {
			t.Errorf("script(%q) = %d, want %d", argv, got, want)
		}
	}
}
