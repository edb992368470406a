package main

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestUnits(t *testing.T) {
	for _, tt := range []struct {
		text   string
		figure float64
		ns     float64 // of one iteration; 0: the unit is none of a phase
		per    string
	}{
		{"s", 2, 2e9, "run"},
		{"ms", 2, 2e6, "run"},
		{"us", 2, 2e3, "run"},
		{"µs", 2, 2e3, "run"},
		{"ns", 2, 2, "run"},
		{"t/s", 20, 5e7, "t"},
		{"tok/s", 1000, 1e6, "tok"},
		{"GB/s", 500, 2e6, "GB"},
		{"ms/tok", 5, 5e6, "tok"},
		{"s/it", 0.5, 5e8, "it"},
		{"", 1, 0, ""}, {"MB", 1, 0, ""}, {"%", 1, 0, ""}, {"/s", 1, 0, ""}, {"t/", 1, 0, ""},
		{"ms/s", 1, 0, ""}, {"s/s", 1, 0, ""}, {"s/ms", 1, 0, ""}, {"t/s/s", 1, 0, ""}, {"tok/min", 1, 0, ""},
	} {
		u, ok := readUnit(tt.text)
		if ok != (tt.ns > 0) || ok && (math.Abs(u.ns(tt.figure)/tt.ns-1) > 1e-12 || u.per != tt.per) {
			t.Errorf("%q: %+v, %v; want %g ns of one %q", tt.text, u, ok, tt.ns, tt.per)
		}
	}
}

func TestBatch(t *testing.T) {
	for ns, want := range map[float64]int{5e7: 1, 1e4: 1, 9999: 10, 1: 10000, 0.5: 100000, 1e-300: 1e9} {
		if got := batch(ns); got != want {
			t.Errorf("%g ns: %d iterations, want %d", ns, got, want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for text, want := range map[string]float64{
		"1": 1, "12.5": 12.5, " 3 ": 3, ".5": 0.5, "4.": 4, "1e3": 1000, "+2": 2, "-1": -1, "0": 0,
	} {
		if got, err := number(text); err != nil || got != want {
			t.Errorf("%q: %g, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		"": "not a number", "nan": "not a number", "NaN": "not a number", "Inf": "not a number", "0x1p4": "not a number",
		"1_000": "not a number", "1,234": "comma", "1.2.3": "not a number", ".": "not a number", "1e999": "too large", "12 34": "not a number",
	} {
		if got, err := number(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %g, %v; want an error with %q", text, got, err, want)
		}
	}
}

func decode() source {
	return source{name: "decode", phase: true, unit: unit{rate: true, per: "t"}, pattern: regexp.MustCompile(`eval: .* (\S+) t/s`)}
}

func path(t *testing.T, text string) source {
	t.Helper()
	steps, err := readPath(text)
	if err != nil {
		t.Fatal(err)
	}
	return source{name: "decode", phase: true, unit: unit{rate: true, per: "t"}, path: steps}
}

func readAll(stdout, stderr string, sources ...source) (*reading, map[string][]float64, error) {
	r := newReading(sources, expectation{})
	for emit, text := range map[*lines]string{{emit: r.stdout}: stdout, {emit: r.stderr}: stderr} {
		for i := 0; i < len(text); i += 7 { // as pipes do: lines come in pieces
			_, _ = emit.Write([]byte(text[i:min(len(text), i+7)]))
		}
		emit.flush()
	}
	found, err := r.done()
	return r, found, err
}

func TestReading(t *testing.T) {
	for _, tt := range []struct {
		name, stdout, stderr string
		source               source
		want                 []float64
		err                  string
	}{
		{"pattern", "text\neval: 12 runs 20.5 t/s\n", "", decode(), []float64{20.5}, ""},
		{"stderr too, several", "", "eval: a 20 t/s\neval: b 21 t/s\r\n", decode(), []float64{20, 21}, ""},
		{"progress over one line", "eval: a 20 t/s\reval: b 21 t/s\r", "", decode(), []float64{20, 21}, ""},
		{"no newline at the end", "eval: a 20 t/s", "", decode(), []float64{20}, ""},
		{"garbage around", "\xff\xfe\x00\neval: \xff 20 t/s\n\x1b[31m", "", decode(), []float64{20}, ""},
		{"no figure", "nothing here\n", "", decode(), nil, `phase "decode": no line matches`},
		{"nothing printed", "", "", decode(), nil, "no line matches"},
		{"zero", "eval: a 0 t/s\n", "", decode(), nil, `above 0, in the line "eval: a 0 t/s"`},
		{"negative", "eval: a -3 t/s\n", "", decode(), nil, "above 0"},
		{"NaN", "eval: a nan t/s\n", "", decode(), nil, `"nan": not a number`},
		{"thousands", "eval: a 1,234.5 t/s\n", "", decode(), nil, "a comma may mean"},
		{"one bad among good ones", "eval: a 5 t/s\neval: a x t/s\n", "", decode(), nil, "not a number"},
		{"json line", `log` + "\n" + `{"tps": 20.5}` + "\n", "", path(t, "tps"), []float64{20.5}, ""},
		{"json lines", "{\"tps\": 20}\n{\"other\": 1}\n{\"tps\": 21}\n", "", path(t, "tps"), []float64{20, 21}, ""},
		{"json document", "{\n  \"results\": [\n    {\"times\": [1, 2.5]}\n  ]\n}\n", "", path(t, "results.0.times"), []float64{1, 2.5}, ""},
		{"json document of lines that are documents", "[\n{\"tps\": 1},\n{\"tps\": 2}\n]\n", "", path(t, "*.tps"), []float64{1, 2}, ""},
		{"json on stderr is not looked at", "", `{"tps": 20}`, path(t, "tps"), nil, `no JSON with a number at "tps"`},
		{"json string", `{"tps": "20"}`, "", path(t, "tps"), nil, "not a number"},
		{"json null", `{"tps": null}`, "", path(t, "tps"), nil, "not a number"},
		{"json zero", `{"tps": 0}`, "", path(t, "tps"), nil, "above 0"},
		{"json path too deep", `{"tps": 3}`, "", path(t, "tps.x"), nil, "no JSON"},
		{"json index beyond", `{"a": [1]}`, "", path(t, "a.1"), nil, "no JSON"},
		{"json broken", `{"tps": 20`, "", path(t, "tps"), nil, "no JSON"},
		{"json deep", strings.Repeat("[", 100000), "", path(t, "tps"), nil, "no JSON"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, found, err := readAll(tt.stdout, tt.stderr, tt.source)
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Fatalf("error %v, want %q", err, tt.err)
			}
			if got := found[tt.source.key()]; err == nil && !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// A figure far behind and a document too long to keep are found and named.
func TestReadingLongOutput(t *testing.T) {
	long := strings.Repeat(strings.Repeat("x", 999)+"\n", 3000)
	r, found, err := readAll(long+"eval: a 20 t/s\n"+`{"tps": 7}`, "", decode(), source{name: "tps", path: []string{"tps"}})
	if err != nil || found[`phase "decode"`][0] != 20 || found[`metric "tps"`][0] != 7 {
		t.Errorf("%v, %v", found, err)
	}
	if len(r.document) > maxDocument {
		t.Errorf("%d bytes were kept", len(r.document))
	}
	if _, _, err := readAll("[\n"+long+"]", "", path(t, "0")); err == nil || !strings.Contains(err.Error(), "is longer than") {
		t.Errorf("error %v", err)
	}
	endless := strings.Repeat("y", 5<<20)
	l := &lines{emit: func(line []byte) {
		if len(line) > maxLine {
			t.Errorf("a line of %d bytes", len(line))
		}
	}}
	if n, err := l.Write([]byte(endless)); n != len(endless) || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

// Figures do not count as output; everything else does.
func TestOutputWithoutFigures(t *testing.T) {
	sum := func(stdout, stderr string, want expectation, sources ...source) string {
		r := newReading(sources, want)
		for line := range strings.Lines(stdout) {
			r.stdout([]byte(strings.TrimSuffix(line, "\n")))
		}
		r.stderr([]byte(stderr))
		if _, err := r.done(); err != nil {
			t.Fatal(err)
		}
		return r.output.sum()
	}
	a := sum("hello\neval: x 20 t/s\n", "one", expectation{}, decode())
	if b := sum("hello\neval: x 31.5 t/s\n", "two", expectation{}, decode()); a != b {
		t.Error("a rate, or stderr, counts as output")
	}
	if b := sum("hallo\neval: x 20 t/s\n", "", expectation{}, decode()); a == b {
		t.Error("a text that differs does not count")
	}
	j := sum("{\"text\": \"a\",\n\"tps\": 1}", "", expectation{}, path(t, "tps"))
	if b := sum("{\"text\": \"a\",\n\"tps\": 2}", "", expectation{}, path(t, "tps")); j != b {
		t.Error("a figure in JSON counts as output")
	}
	if b := sum("{\"text\": \"b\",\n\"tps\": 2}", "", expectation{}, path(t, "tps")); j == b {
		t.Error("a text in JSON that differs does not count")
	}
	ignore := expectation{ignore: []*regexp.Regexp{regexp.MustCompile(`took \d+`)}}
	i := sum("took 5\neval: x 20 t/s\n", "", ignore, decode())
	if b := sum("took 66\neval: x 20 t/s\n", "", ignore, decode()); i != b {
		t.Error("what is ignored counts")
	}
}

// Patterns that overlap cut the union of their figures.
func TestCut(t *testing.T) {
	for _, tt := range []struct {
		parts [][2]int
		want  string
	}{
		{nil, "0123456789"},
		{[][2]int{{2, 4}, {6, 7}}, "01#45#789"},
		{[][2]int{{6, 7}, {2, 4}, {2, 4}}, "01#45#789"},
		{[][2]int{{2, 5}, {3, 8}}, "01#89"},
		{[][2]int{{0, 10}}, "#"},
	} {
		if got := string(cut([]byte("0123456789"), tt.parts)); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.parts, got, tt.want)
		}
	}
}

func FuzzReading(f *testing.F) {
	f.Add("eval: a 20 t/s\n", "")
	f.Add("{\"tps\": [1, null, {}]}", "\r\n\xff")
	f.Add("[\n{\"tps\": 1e999}\n]", "eval:  1,0 t/s")
	f.Fuzz(func(t *testing.T, stdout, stderr string) {
		r, found, err := readAll(stdout, stderr, decode(), source{name: "m", path: []string{"tps"}})
		if err == nil && (len(found) != 2 || found[`phase "decode"`][0] <= 0) {
			t.Errorf("%v", found)
		}
		_ = r.output.sum()
		_ = last(stdout)
	})
}
