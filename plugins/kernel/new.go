package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/assay-bench/assay/metal/msl"
)

// newExperiment writes an experiment from the signature of a kernel: new FILE.metal.
func newExperiment(args []string, out io.Writer) error {
	set := flag.NewFlagSet("new", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	kernel := set.String("kernel", "", "")
	var files, include []string
	set.Func("include", "", func(folder string) error { include = append(include, folder); return nil })
	for rest := args; len(rest) > 0; {
		if err := set.Parse(rest); err != nil {
			return fmt.Errorf("%w: write assay kernel new FILE.metal, with --kernel NAME if the file has several and --include DIR for its includes", err)
		}
		if rest = set.Args(); len(rest) > 0 {
			files, rest = append(files, rest[0]), rest[1:]
		}
	}
	if len(files) != 1 {
		return errors.New("one file is needed: assay kernel new FILE.metal")
	}
	path, err := filepath.Abs(files[0])
	if err != nil {
		return err
	}
	t, err := (&parsed{}).file(path, include, nil)
	if err != nil {
		return withInclude(err, path)
	}
	var name *string
	if *kernel != "" {
		name = kernel
	}
	k, err := t.choose(name, "")
	if err != nil {
		return errors.New(strings.ReplaceAll(err.Error(), `write kernel = "`, `choose one with --kernel "`))
	}
	text := draft(t, k, filepath.ToSlash(short(path)), include)
	file := word(k.Name) + ".hcl"
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		if errors.Is(err, os.ErrExist) {
			return fmt.Errorf("%s is there already: move it, or write elsewhere", file)
		}
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s is written from %s:%d. Sizes are guesses: mend the %d lines that say TODO, then\n  assay validate %s\n  assay run %s\n",
		file, k.File, k.Line, strings.Count(string(text), "TODO"), file, file)
	return err
}

var notWord = regexp.MustCompile(`[^A-Za-z0-9_]+`)

// word makes a name of experiments and files of a kernel's.
func word(name string) string { return strings.Trim(notWord.ReplaceAllString(name, "_"), "_") }

// Guesses.
const (
	guessedElements = 1024
	guessedGroup    = 256
)

// draft is the experiment.
func draft(t *text, k *msl.Kernel, source string, include []string) []byte {
	b := &strings.Builder{}
	say := func(format string, args ...any) { fmt.Fprintf(b, format+"\n", args...) }
	say("experiment %q {", word(k.Name))
	say("plugin = \"kernel\"")
	say("device = \"sim\" # checks what is computed, anywhere; without this line a GPU measures")
	say("\nconfig {")
	if len(include) > 0 {
		say("include = [%s]", strings.Join(quoted(include), ", "))
	}
	say("kernel = %q", k.Name)
	if reads(k, "threadgroup_position_in_grid") && !reads(k, "thread_position_in_grid") {
		say("threadgroups = [4] # TODO: x, y, z")
	} else {
		say("grid = [%d] # TODO: threads in x, y, z", guessedElements)
	}
	threads := guessedGroup
	if k.MaxThreads > 0 {
		threads = min(threads, k.MaxThreads)
	}
	say("threadgroup = [%d]", threads)
	constants(t, say)
	groupMemory(k, say)
	for _, a := range k.Args {
		switch {
		case a.Space == msl.Builtin || a.Space == msl.Threadgroup:
		case a.Space == msl.Constant && a.Reference:
			draftValue(t, a, say)
		default:
			draftBuffer(a, say)
		}
	}
	say("}\n")
	say("variant \"now\" {\nbaseline = true\nconfig { source = %q }\n}", source)
	say("variant \"next\" {\nsame_as = \"now\" # TODO: delete this line, and name the other version below\nconfig { source = %q }\n}", source)
	say("guardrail \"not_slower\" { phase = %q }", phase)
	say("}")
	return hclwrite.Format([]byte(b.String()))
}

func reads(k *msl.Kernel, attribute string) bool {
	for _, a := range k.Args {
		if a.Attr == attribute {
			return true
		}
	}
	return false
}

// constants gives those a value that the file declares.
func constants(t *text, say func(string, ...any)) {
	if len(t.unit.Constants) == 0 {
		return
	}
	say("constants = {")
	for _, c := range t.unit.Constants {
		say("%s = %s # TODO: %s", c.Name, guess(c.Type), plainType(c.Type))
	}
	say("}")
}

// guess is a value of a type.
func guess(typ string) string {
	l, ok := layoutOf(typ)
	switch {
	case ok && l.scalars[0].class == boolean:
		return "true"
	case ok && l.scalars[0].class == floating:
		return "1.0"
	}
	return "1"
}

func groupMemory(k *msl.Kernel, say func(string, ...any)) {
	begun := false
	for _, a := range k.Args {
		if a.Space != msl.Threadgroup {
			continue
		}
		if !begun {
			say("threadgroup_memory = {")
			begun = true
		}
		say("%s = 4096 # TODO: bytes", a.Name)
	}
	if begun {
		say("}")
	}
}

func draftValue(t *text, a msl.Arg, say func(string, ...any)) {
	say("value %q {", a.Name)
	defer say("}")
	if l, ok := layoutOf(a.Type); ok {
		if len(l.scalars) == 1 {
			v := guess(a.Type)
			if l.scalars[0].class != floating && l.scalars[0].class != boolean && l.size >= 2 {
				v = strconv.Itoa(guessedElements)
			}
			say("value = %s # TODO: %s", v, plainType(a.Type))
			return
		}
		say("values = [%s] # TODO: %s", strings.TrimSuffix(strings.Repeat(guess(a.Type)+", ", len(l.scalars)), ", "), plainType(a.Type))
		return
	}
	types, names, ok := structure(t.flat, plainType(a.Type))
	if !ok {
		say("type = \"uint\" # TODO: the types of %s's members, such as \"uint, uint, float\"", plainType(a.Type))
		say("values = [1] # TODO: their values")
		return
	}
	say("values = [ # %s", plainType(a.Type))
	for i, typ := range types {
		l, _ := layoutOf(typ)
		for n := range l.scalars {
			at := ""
			if len(l.scalars) > 1 {
				at = fmt.Sprintf("[%d]", n)
			}
			say("%s, # TODO: %s %s%s", guess(typ), typ, names[i], at)
		}
	}
	say("]")
}

func draftBuffer(a msl.Arg, say func(string, ...any)) {
	l, ok := layoutOf(a.Type)
	say("buffer %q {", a.Name)
	defer say("}")
	shape, note, dtype := strconv.Itoa(guessedElements), "", "uint8"
	if ok {
		dtype = l.scalars[0].name
		if n := l.size / l.scalars[0].size; n > 1 {
			shape += ", " + strconv.Itoa(n)
		}
	} else {
		shape, note = "65536", fmt.Sprintf(", in bytes of %s", plainType(a.Type))
	}
	say("dtype = %q", dtype)
	say("shape = [%s] # TODO%s", shape, note)
	switch {
	case a.Space == msl.Device && !a.Constant:
		say("output = true")
	case ok && l.scalars[0].class == floating:
		say("fill = \"normal\"")
	default:
		say("fill = \"zeros\"")
	}
}
