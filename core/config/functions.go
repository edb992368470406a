package config

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/assay-bench/assay/core/expr"
	"github.com/assay-bench/assay/metal/regular"
)

// functions are those of every expression, and file, which reads in dir and in
// the allowed folders.
func functions(dir string, allowed ...string) map[string]function.Function {
	out := expr.Functions()
	out["file"] = fileFunc(dir, allowed)
	return out
}

// fileFunc reads a text file, its path relative to the module's folder.
func fileFunc(dir string, allowed []string) function.Function {
	return function.New(&function.Spec{
		Description: "Reads a UTF-8 text file; the path is relative to the folder of the configuration.",
		Params:      []function.Parameter{{Name: "path", Type: cty.String}},
		Type:        function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			text, err := readText(dir, allowed, args[0].AsString())
			if err != nil {
				return cty.NilVal, function.NewArgError(0, err)
			}
			return cty.StringVal(text), nil
		},
	})
}

// liesIn says whether a file lies in a folder, wherever links lead.
func liesIn(folder, file string) bool {
	folder, err := filepath.EvalSymlinks(folder)
	if err == nil {
		folder, err = filepath.Abs(folder)
	}
	if err != nil {
		return false
	}
	rel, err := filepath.Rel(folder, file)
	return err == nil && filepath.IsLocal(rel)
}

// readText reads a file of the configuration's folder. What it holds ends up in
// results, which are passed on: configurations of others could have any file
// read otherwise.
func readText(dir string, allowed []string, path string) (string, error) {
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	real, err := filepath.EvalSymlinks(path)
	if err == nil {
		real, err = filepath.Abs(real)
	}
	if err != nil {
		return "", fmt.Errorf("cannot read the file: %w", err)
	}
	if !slices.ContainsFunc(append([]string{dir}, allowed...), func(folder string) bool { return liesIn(folder, real) }) {
		return "", fmt.Errorf("%s lies outside of the folder of the configuration, where file() does not read unless that is allowed: --allow-files %s", path, filepath.Dir(real))
	}
	path = real
	src, err := regular.Read(path, MaxFileBytes)
	switch {
	case errors.Is(err, regular.ErrIrregular):
		return "", fmt.Errorf("%s is not a regular file", path)
	case errors.Is(err, regular.ErrTooLarge):
		return "", fmt.Errorf("%s is larger than %d bytes", path, MaxFileBytes)
	case err != nil:
		return "", fmt.Errorf("cannot read the file: %w", err)
	case !utf8.Valid(src):
		return "", fmt.Errorf("%s is not UTF-8 text", path)
	}
	return string(src), nil
}
