package record

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// PageOf is where the page of a document stands, for people with a browser.
func PageOf(document string) string {
	return strings.TrimSuffix(document, filepath.Ext(document)) + ".html"
}

// Walk calls each with the files of a folder, and of the folders in it, that may be
// result documents. Journals are none, and links lead to documents that are found
// where they are. Unread hears of folders that cannot be read.
func Walk(folder string, each func(path string) error, unread func(error)) error {
	return filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && path == folder:
			return err
		case err != nil:
			unread(err)
			return nil
		case d.IsDir() && path != folder && journals(path):
			return fs.SkipDir
		case !d.Type().IsRegular() || filepath.Ext(path) != ".json":
			return nil
		}
		return each(path)
	})
}

// journals says that a folder holds those of sessions.
func journals(path string) bool {
	if filepath.Base(path) == "runs" {
		return true
	}
	_, err := os.Lstat(filepath.Join(path, "journal.jsonl"))
	return err == nil
}
