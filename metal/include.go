package metal

import (
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assay-bench/assay/metal/regular"
)

// Bounds on what includes may make of a source.
const (
	maxFlat    = 8 << 20 // bytes of text
	maxInclude = 64      // files that include one another
)

// Flat is the source with the texts that it includes in their places, each
// between #line directives, and without Files and Folders. That is what every
// compiler gets: Apple's knows no folders. What is not found becomes an #error,
// which counts where the preprocessor comes to it.
func (s Source) Flat() (Source, error) {
	f := &flattener{src: s, once: map[string]int{}, done: map[string]bool{}}
	s.Files, s.Folders = nil, nil
	if !strings.Contains(s.Text, "include") && !strings.Contains(s.Text, "import") {
		return s, nil
	}
	f.out.Grow(len(s.Text))
	if err := f.file(text{name: s.Name, text: s.Text}, nil, true); err != nil {
		return s, err
	}
	s.Text = f.out.String()
	return s, nil
}

// text is one file of a source.
type text struct {
	name string // in messages, and what tells it from others
	text string
	disk string // its folder, if it is a file of this machine
}

type flattener struct {
	src  Source
	out  strings.Builder
	once map[string]int  // number of the macro that guards a file with #pragma once
	done map[string]bool // files that are there already, and count where they stand
}

// file writes a text. It is sure to count if it is under no condition.
func (f *flattener) file(t text, open []opened, sure bool) error {
	if len(open) > maxInclude {
		return fmt.Errorf("%s: %w: #include is nested more than %d deep", t.name, ErrCompile, maxInclude)
	}
	if len(t.text) > maxFlat || f.out.Len() > maxFlat {
		return fmt.Errorf("%s: %w: the source and what it includes are larger than 8 MiB", f.src.Name, ErrCompile)
	}
	guarded := includeGuard(t.text)
	open = append(open, opened{t.name, guarded || f.once[t.name] > 0})
	name, line, depth := t.name, 0, 0
	s := scanner{}
	for raw := range strings.Lines(t.text) {
		line++
		word, rest := s.directive(raw)
		switch word {
		case "if", "ifdef", "ifndef":
			depth++
		case "endif":
			depth--
		case "line":
			var number int
			var file string
			if n, _ := fmt.Sscanf(rest, "%d %q", &number, &file); n > 0 {
				line = number - 1
				if n > 1 {
					name = file
				}
			}
		case "pragma":
			if len(open) > 1 && strings.TrimSpace(rest) == "once" { // a compiler sees one file
				f.out.WriteByte('\n')
				continue
			}
		case "include", "import":
			inner := sure && (depth == 0 || guarded && depth == 1)
			done, err := f.include(t, open, rest, place{name, line}, inner)
			if err != nil {
				return err
			}
			if done {
				continue
			}
		}
		f.out.WriteString(raw)
	}
	if !strings.HasSuffix(t.text, "\n") && len(open) > 1 {
		f.out.WriteByte('\n')
	}
	if sure && open[len(open)-1].once {
		f.done[t.name] = true
	}
	return nil
}

// opened is a file that is being written, and whether it would come to nothing if
// it were included again.
type opened struct {
	name string
	once bool
}

// endless reports whether including a file that is open would never end.
func endless(open []opened, name string) (again, forever bool) {
	forever = true
	for _, o := range slices.Backward(open) {
		if forever = forever && !o.once; o.name == name {
			return true, forever
		}
	}
	return false, false
}

// place is a line of a file.
type place struct {
	name string
	line int
}

// include writes what an #include names, and reports whether it did: Metal's own
// headers and names that a macro makes stay as they are.
func (f *flattener) include(from text, open []opened, operand string, at place, sure bool) (bool, error) {
	named, quoted, ok := includePath(operand)
	if !ok {
		return false, nil
	}
	t, searched, found := f.find(from, named, quoted)
	if !found {
		if !quoted || strings.HasPrefix(named, "metal_") && path.Ext(named) == "" {
			return false, nil
		}
		fmt.Fprintf(&f.out, "#error #include %q is in none of: %s\n", named, strings.Join(searched, ", "))
		return true, nil
	}
	if f.done[t.name] {
		f.out.WriteByte('\n')
		return true, nil
	}
	once := pragmaOnce(t.text)
	again, forever := endless(open, t.name)
	if forever {
		fmt.Fprintf(&f.out, "#error #include %q: the file includes itself: write #pragma once in it\n", named)
		return true, nil
	}
	if again && (once || includeGuard(t.text)) {
		f.out.WriteByte('\n')
		return true, nil
	}
	if once {
		if f.once[t.name] == 0 {
			f.once[t.name] = len(f.once) + 1
		}
		fmt.Fprintf(&f.out, "#ifndef ASSAY_ONCE_%d_\n#define ASSAY_ONCE_%d_\n", f.once[t.name], f.once[t.name])
	}
	fmt.Fprintf(&f.out, "#line 1 %q\n", t.name)
	if err := f.file(t, open, sure); err != nil {
		return true, err
	}
	if once {
		f.out.WriteString("#endif\n")
	}
	fmt.Fprintf(&f.out, "#line %d %q\n", at.line+1, at.name)
	return true, nil
}

// find looks a file up, and says where it looked.
func (f *flattener) find(from text, named string, quoted bool) (t text, searched []string, found bool) {
	keys := []string{path.Clean(named)}
	var disk []string
	if quoted {
		if near := path.Join(path.Dir(from.name), named); near != keys[0] && from.disk == "" {
			keys = append([]string{near}, keys...)
		}
		if from.disk != "" {
			disk = append(disk, from.disk)
		}
	}
	if len(f.src.Files) > 0 {
		searched = append(searched, "the given files")
	}
	searched = append(append(searched, disk...), f.src.Folders...)
	if len(searched) == 0 {
		searched = []string{"no folder and no file (none was given)"}
	}
	near := func(folder string) bool {
		file := filepath.Join(folder, filepath.FromSlash(named))
		data, err := readStart(file)
		t = text{name: filepath.ToSlash(file), text: data, disk: filepath.Dir(file)}
		return err == nil
	}
	for _, folder := range disk {
		if near(folder) {
			return t, nil, true
		}
	}
	for _, key := range keys {
		if data, ok := f.src.Files[key]; ok {
			return text{name: key, text: data}, nil, true
		}
	}
	for _, folder := range f.src.Folders {
		if near(folder) {
			return t, nil, true
		}
	}
	return text{}, searched, false
}

// readStart reads a file, and of one that is too large as much as tells so.
func readStart(file string) (string, error) {
	in, _, err := regular.Open(file)
	if err != nil {
		return "", err
	}
	defer in.Close()
	data, err := io.ReadAll(io.LimitReader(in, maxFlat+1))
	return string(data), err
}
