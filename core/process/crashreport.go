package process

import (
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// crashReport finds what macOS wrote about the death of a program since began:
// ~/Library/Logs/DiagnosticReports/NAME-DATE.ips. Empty elsewhere, and when
// there is none.
func crashReport(program string, began time.Time) string {
	home, err := os.UserHomeDir()
	if runtime.GOOS != "darwin" || err != nil {
		return ""
	}
	return newestReport(filepath.Join(home, "Library", "Logs", "DiagnosticReports"), filepath.Base(program), began)
}

func newestReport(dir, program string, began time.Time) string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return ""
	}
	newest, at := "", began
	for _, e := range entries {
		if ok, _ := filepath.Match(program+"-*.ips", e.Name()); !ok {
			continue
		}
		if info, err := e.Info(); err == nil && !info.ModTime().Before(at) {
			newest, at = filepath.Join(dir, e.Name()), info.ModTime()
		}
	}
	return newest
}
