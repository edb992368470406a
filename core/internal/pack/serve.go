package pack

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// Serve answers as GitHub does for the releases in root/OWNER/REPOSITORY/TAG: the
// list of its API, and downloads.
func Serve(root string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v3/repos/{owner}/{repo}/releases", func(w http.ResponseWriter, r *http.Request) {
		type release struct {
			Tag string `json:"tag_name"`
		}
		list := []release{}
		entries, err := os.ReadDir(filepath.Join(root, r.PathValue("owner"), r.PathValue("repo")))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		for _, e := range entries {
			list = append(list, release{e.Name()})
		}
		_ = json.NewEncoder(w).Encode(list)
	})
	mux.HandleFunc("GET /{owner}/{repo}/releases/download/{tag}/{file}", func(w http.ResponseWriter, r *http.Request) {
		// The whole file, not ServeFile, which answers as what it takes it for.
		b, err := os.ReadFile(filepath.Join(root, r.PathValue("owner"), r.PathValue("repo"), r.PathValue("tag"), r.PathValue("file")))
		if err != nil || strings.Contains(r.URL.Path, "..") {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(b)
	})
	return mux
}
