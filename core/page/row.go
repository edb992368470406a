package page

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"io/fs"
	"os"
	"regexp"
	"time"

	"github.com/assay-bench/assay/core/internal/atomicfile"
	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/report"
)

// row is a page in an index. A page has its own row in its head, so that an index is
// made without reading the documents again.
type row struct {
	Page       string    `json:"page"` // address from the index
	Experiment string    `json:"experiment"`
	Verdict    string    `json:"verdict"`
	Sentence   string    `json:"sentence"`
	Status     string    `json:"status"`
	Session    string    `json:"session"`
	Started    time.Time `json:"started"`
	Device     string    `json:"device"`
	Cases      int       `json:"cases"`
	Size       int64     `json:"size"` // of the document
	Version    string    `json:"version"`
}

func rowOf(r *record.Result) row {
	return row{
		Experiment: r.Experiment.Name, Verdict: word(r), Sentence: report.Verdict(r), Status: string(r.Status),
		Session: r.Session.ID, Started: r.Session.Started, Device: r.Metadata.Device.Name, Cases: len(r.Cases),
	}
}

// JSON is the row as the head of its page has it.
func (r row) JSON() (string, error) {
	raw, err := json.Marshal(r)
	return string(raw), err
}

var (
	generator = []byte(`<meta name="generator" content="assay report">`)
	ownRow    = regexp.MustCompile(`<meta name="assay-row" content="([^"]*)">`)
)

// head is as much of a page as has its marks.
const head = 1 << 14

// headOf reads the first bytes of a page; nil: there is no file.
func headOf(path string) ([]byte, error) {
	f, err := atomicfile.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // read only
	return io.ReadAll(io.LimitReader(f, head))
}

// current is the row of a page that is newer than its document and was made of it
// by this version.
func current(path string, document fs.FileInfo, version string) (r row, ok bool) {
	info, err := os.Stat(path)
	if err != nil || !info.ModTime().After(document.ModTime()) {
		return row{}, false
	}
	text, err := headOf(path)
	if err != nil {
		return row{}, false
	}
	found := ownRow.FindSubmatch(text)
	if found == nil || json.Unmarshal([]byte(html.UnescapeString(string(found[1]))), &r) != nil {
		return row{}, false
	}
	return r, r.Version == version && r.Size == document.Size()
}

// save writes a page that stays in its folder, and replaces none that is not one.
func save(folder, path string, content func(io.Writer) error) error {
	if err := atomicfile.Inside(folder, path); err != nil {
		return fmt.Errorf("page: %w", err)
	}
	old, err := headOf(path)
	if err != nil {
		return fmt.Errorf("page: %w", err)
	}
	if old != nil && !ours(old) {
		return fmt.Errorf("page %s: the file that is there was not written by assay report: move it away, or name another one with -o", path)
	}
	if err := atomicfile.Stream(path, content); err != nil {
		return fmt.Errorf("page: %w", err)
	}
	return nil
}

// ours says that the head of a page is one of assay's.
func ours(head []byte) bool { return bytes.Contains(head, generator) }
