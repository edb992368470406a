package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/assay-bench/assay/metal/msl"
)

const usage = `assay kernel new FILE.metal|FILE.metallib [--kernel NAME] [--include DIR]… [-o FILE.hcl]

writes an experiment from the signature of a kernel in a .metal file or in a
compiled library (.metallib).

  --kernel NAME   which kernel, if the file has several
  --include DIR   a folder for its includes; may be repeated
  -o FILE.hcl     what to write; default: the kernel's name with .hcl
`

// request is what the command was asked for.
type request struct {
	path, kernel, out string
	include           []string
}

// newExperiment writes an experiment from the signature of a kernel: new FILE.
func newExperiment(args []string, out io.Writer) error {
	q, err := parseRequest(args)
	if errors.Is(err, flag.ErrHelp) {
		_, err = io.WriteString(out, usage)
		return err
	}
	if err != nil {
		return err
	}
	t, err := (&parsed{}).file(q.path, q.include, nil)
	if err != nil {
		return withInclude(err, q.path)
	}
	k, err := chosen(t, q.kernel)
	if err != nil {
		return err
	}
	text := draft(t, k, filepath.ToSlash(short(q.path)), q.include)
	file := q.out
	if file == "" {
		file = word(k.Name) + ".hcl"
	}
	if err := writeNew(file, text); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s is written from %s. Sizes are guesses: mend the %d lines that say TODO, then\n  assay validate --var device=sim %s\n  assay run --var device=sim %s\n",
		file, declaredAt(k.File, k.Line), strings.Count(string(text), "TODO"), file, file)
	return err
}

func parseRequest(args []string) (q request, err error) {
	set := flag.NewFlagSet("new", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.StringVar(&q.kernel, "kernel", "", "")
	set.StringVar(&q.out, "o", "", "")
	set.Func("include", "", func(folder string) error { q.include = append(q.include, folder); return nil })
	var files []string
	for rest := args; len(rest) > 0; {
		if err := set.Parse(rest); err != nil {
			return q, fmt.Errorf("%w: write %s", err, strings.SplitN(usage, "\n", 2)[0])
		}
		if rest = set.Args(); len(rest) > 0 {
			files, rest = append(files, rest[0]), rest[1:]
		}
	}
	if len(files) != 1 {
		return q, errors.New("one file is needed: assay kernel new FILE.metal, or FILE.metallib")
	}
	q.path, err = filepath.Abs(files[0])
	return q, err
}

// chosen is the kernel of the name, or the only one, if it can be used.
func chosen(t *text, name string) (*msl.Kernel, error) {
	var asked *string
	if name != "" {
		asked = &name
	}
	k, err := t.choose(asked, "")
	if err != nil {
		text, _, _ := strings.Cut(err.Error(), " beside source")
		return nil, errors.New(strings.ReplaceAll(text, `write kernel = "`, `choose one with --kernel "`))
	}
	values := map[int]any{}
	for _, c := range t.kernels.functionConstants(k) {
		values[c.Index], _ = constantValue(c.Type, guess(c.Type))
	}
	return k, t.kernels.Check(k, values)
}

// writeNew writes a file that is not there.
func writeNew(file string, text []byte) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s is there already: move it, or name another with -o FILE.hcl", file)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(file)) // a part of it would be in the way of the next try
	}
	return nil
}

var notWord = regexp.MustCompile(`[^A-Za-z0-9_]+`)

// word makes a name of experiments and files of a kernel's.
func word(name string) string { return strings.Trim(notWord.ReplaceAllString(name, "_"), "_") }
