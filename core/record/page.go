package record

import (
	"path/filepath"
	"strings"
)

// PageOf is where the page of a document stands, for people with a browser.
func PageOf(document string) string {
	return strings.TrimSuffix(document, filepath.Ext(document)) + ".html"
}
