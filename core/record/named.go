package record

import (
	"fmt"
	"path/filepath"
	"slices"
	"time"
)

// NamedFile is a file that the configuration of an arm names: a path argument of
// its plugin, or an element of a command that its plugin starts.
type NamedFile struct {
	Path     string    `json:"path"`
	Size     int64     `json:"size"`
	Modified time.Time `json:"modified,omitzero"`
	SHA256   string    `json:"sha256,omitempty"` // hex, of what was read
	Read     int64     `json:"read_bytes"`       // less than size for a large file, of which blocks spread over it are read
	Unread   string    `json:"unread,omitempty"` // why there is no digest: a folder, a pipe, …
}

// Change says how now differs from what the file was, "" if nothing is known to.
// Of a file that was read in parts the time of its last modification counts too.
func (f NamedFile) Change(now NamedFile) string {
	switch {
	case f.SHA256 == "": // nothing is known of its content
		return ""
	case now.SHA256 == "":
		return now.Unread
	case f.SHA256 != now.SHA256:
		return fmt.Sprintf("its sha256 was %s… and is %s…", short(f.SHA256), short(now.SHA256))
	case f.Size != now.Size:
		return fmt.Sprintf("it had %d bytes and has %d", f.Size, now.Size)
	case f.Read < f.Size && !f.Modified.Equal(now.Modified):
		return fmt.Sprintf("it was last written at %s and now at %s; a file of this size is read in parts, so that this counts as a change",
			f.Modified.Format(time.RFC3339Nano), now.Modified.Format(time.RFC3339Nano))
	}
	return ""
}

// FilesDiffer lists the files that a variant of r and one of another document name
// with different content. Of variants that are configured differently it says
// nothing.
func (r *Result) FilesDiffer(o *Result, v, w *Variant) (out []Field) {
	if v.ConfigDigest != w.ConfigDigest {
		return nil
	}
	others := o.Held(w)
	for _, f := range r.Held(v) {
		i := slices.IndexFunc(others, func(o NamedFile) bool { return o.Path == f.Path })
		if i >= 0 && others[i].SHA256 != f.SHA256 {
			out = append(out, Field{"file " + filepath.Base(f.Path), short(f.SHA256), short(others[i].SHA256)})
		}
	}
	return out
}

// Held lists the files of a variant that must not change.
func (r *Result) Held(v *Variant) []NamedFile {
	var out []NamedFile
	for _, i := range v.Files {
		if r.Holds(i) {
			out = append(out, r.Files[i])
		}
	}
	return out
}

// Holds says that a file of the document must not change: it has a digest, and no
// arm was seen to write it.
func (r *Result) Holds(file int) bool {
	return file >= 0 && file < len(r.Files) && r.Files[file].SHA256 != "" && !r.writes(file)
}

// writes says that an arm was seen to write a file.
func (r *Result) writes(file int) bool {
	for i := range r.Cases {
		for k := range r.Cases[i].Rounds {
			for _, p := range r.Cases[i].Rounds[k].Prepared {
				if slices.Contains(p.Writes, file) {
					return true
				}
			}
		}
	}
	return false
}
