package child

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/assay-bench/assay/core/sdk"
)

// interpreter is a program whose first argument that is no flag is a script.
var interpreter = regexp.MustCompile(`^(sh|bash|dash|zsh|ksh|python|pypy|node|ruby|perl|Rscript|julia|lua|php)[0-9.]*$`)

// plainFlags of interpreters take no value, and leave the script to be named.
var plainFlags = map[string]bool{"-u": true, "-B": true, "-O": true, "-E": true, "-s": true, "-I": true, "-e": true, "-x": true, "-eu": true, "-ex": true, "-eux": true}

// Missing says before anything is started that argv, the argument at, names a
// program or a script that is not there; nil: it is, or it cannot be known. dir
// is the working folder; empty: the plugin's own. It is an error only for a
// program with a slash: PATH may be another in the variant's environment, and
// an argument may be something else than a script.
func Missing(at string, argv []string, dir string) *sdk.Diagnostic {
	dir, err := filepath.Abs(dir)
	if err != nil || len(argv) == 0 {
		return nil
	}
	if _, err := lookup(argv, dir, Environ(nil)); err != nil {
		d := &sdk.Diagnostic{Path: at + "[0]", Code: "no_program", Summary: "the program is not there", Detail: sentence(err)}
		d.Warning = !strings.Contains(argv[0], "/")
		if !d.Warning && !filepath.IsAbs(argv[0]) {
			d.Detail += fmt.Sprintf(" The program is started in %s.", dir)
		}
		return d
	}
	i := script(argv)
	if i < 0 {
		return nil
	}
	path := argv[i]
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return &sdk.Diagnostic{
		Path: fmt.Sprintf("%s[%d]", at, i), Code: "no_script", Warning: true, Summary: "the script is not there",
		Detail: fmt.Sprintf("%s does not exist. The program is started in %s.", path, dir),
	}
}

// script is the index of the script that argv has an interpreter run; -1: none.
func script(argv []string) int {
	if !interpreter.MatchString(filepath.Base(argv[0])) {
		return -1
	}
	for i, a := range argv[1:] {
		if !plainFlags[a] {
			if strings.HasPrefix(a, "-") || strings.Contains(a, "$") {
				return -1
			}
			return i + 1
		}
		if strings.Contains(a, "e") && !strings.Contains(argv[0], "sh") { // code, as in perl -e
			return -1
		}
	}
	return -1
}

func sentence(err error) string { return strings.TrimSuffix(err.Error(), ".") + "." }
