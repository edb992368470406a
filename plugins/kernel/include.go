package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/assay-bench/assay/metal/msl"
)

// notFound are the reader's messages about a file that no folder has.
var notFound = regexp.MustCompile(`^#include ["<]([^">]+)[">](?: is in none of|: it is none of Metal's headers and was not found)`)

// includeAdvice ends a message about a source whose #include was not found; empty:
// it is about something else.
func includeAdvice(err error, source string, include []string) string {
	named, ok := missingInclude(err)
	if !ok {
		return ""
	}
	list := quoted(include)
	if folder := folderOf(named, source); folder != "" {
		return fmt.Sprintf(". Write include = [%s].", strings.Join(append(list, strconv.Quote(folder)), ", "))
	}
	return fmt.Sprintf(". Write include = [%s], with the folder that has %s for DIR.", strings.Join(append(list, `"DIR"`), ", "), named)
}

// quoted are folders as HCL has them, from anywhere.
func quoted(folders []string) (out []string) {
	for _, folder := range folders {
		if abs, err := filepath.Abs(folder); err == nil {
			folder = abs
		}
		out = append(out, strconv.Quote(filepath.ToSlash(folder)))
	}
	return out
}

// withInclude is an error of a command, which takes folders as --include.
func withInclude(err error, source string) error {
	named, ok := missingInclude(err)
	if !ok {
		return err
	}
	if folder := folderOf(named, source); folder != "" {
		return fmt.Errorf("%w: write --include %s", err, folder)
	}
	return fmt.Errorf("%w: write --include DIR, the folder that has %s", err, named)
}

func missingInclude(err error) (named string, ok bool) {
	var place *msl.Error
	if !errors.As(err, &place) {
		return "", false
	}
	m := notFound.FindStringSubmatch(place.Msg)
	if m == nil {
		return "", false
	}
	return m[1], true
}

// folderOf is the nearest folder above a source from which a file is found, as a
// project means it that includes its own files by their whole paths.
func folderOf(named, source string) string {
	if source == "" || slices.Contains(strings.Split(named, "/"), "..") {
		return ""
	}
	folder, err := filepath.Abs(filepath.Dir(source))
	for err == nil {
		if info, err := os.Stat(filepath.Join(folder, filepath.FromSlash(named))); err == nil && info.Mode().IsRegular() {
			return filepath.ToSlash(folder)
		}
		up := filepath.Dir(folder)
		if up == folder {
			break
		}
		folder = up
	}
	return ""
}
