package visible

import (
	"encoding/json"
	"strings"
	"testing"
)

var shown = []struct{ name, text, want string }{
	{"plain", "a table │ 1.02×\tok\n", "a table │ 1.02×\tok\n"},
	{"other scripts and emoji", "日本 עברית 👩\u200d🔬", "日本 עברית 👩\u200d🔬"},
	{"a sequence", "\x1b[2J\x1b]0;title\x07", `\x1b[2J\x1b]0;title\x07`},
	{"overwriting", "fail\rpass", `fail\x0dpass`},
	{"backspaces", "fail\b\b\b\bpass", `fail\x08\x08\x08\x08pass`},
	{"C1", "\u009b31m\u007f\x00", `\u009b31m\u007f\x00`},
	{"bidi", "a\u202eb\u2066c\u200fd", `a\u202eb\u2066c\u200fd`},
	{"separators", "a\u2028b\ufeff", `a\u2028b\ufeff`},
	{"tags", "\U000e0041", `\udb40\udc41`},
	{"no UTF-8", "a\x9b\xff\xe2\x82b\xc0\x80", `a\x9b\xff\xe2\x82b\xc0\x80`},
	{"an end within a character", "a\xe2\x82", `a\xe2\x82`},
	{"an escape at the end", "a\x1b", `a\x1b`},
	{"the replacement character itself", "\ufffd", "\ufffd"},
	{"empty", "", ""},
}

func TestText(t *testing.T) {
	for _, c := range shown {
		if got := Text(c.text); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	if got := Text(Sequence("[31m")); !strings.HasPrefix(got, `\x1b`) {
		t.Errorf("a text that has the mark: %q", got)
	}
	if got := Line("a\nb"); got != `a\nb` {
		t.Errorf("a line: %q", got)
	}
}

// However a stream is cut into writes, the same is sent.
func TestFilterOfAStream(t *testing.T) {
	for _, c := range shown {
		text := Sequence("[1m") + c.text + Sequence("[0m") + Sequence("\r") + "é."
		want := "\x1b[1m" + c.want + "\x1b[0m\ré."
		for size := 1; size <= len(text); size++ {
			var f Filter
			var got strings.Builder
			for rest := text; rest != ""; {
				n := min(size, len(rest))
				got.Write(f.Text([]byte(rest[:n])))
				rest = rest[n:]
			}
			got.Write(f.Rest())
			if got.String() != want {
				t.Fatalf("%s, %d bytes at a time: %q, want %q", c.name, size, got.String(), want)
			}
		}
	}
}

// A sentence that was broken into lines is as coloured as before.
func TestRecoloured(t *testing.T) {
	red, off := Sequence("[31m"), Sequence("[0m")
	for text, want := range map[string]string{
		"a " + red + "fail" + off + " of it":        "a\n  " + red + "fail" + off + " of it",
		red + "a" + off + red + " b" + off + " c d": red + "a" + off + red + "\n  b" + off + " c d",
		"(" + red + "a b" + off + ") " + red + off:  "(" + red + "a\n  b" + off + ")" + red + off,
		"none at all": "none\n  at all",
		"":            "",
		"é" + red + "é\xff" + off + " \u00a0" + "end": "é" + red + "é\ufffd" + off + "\n  end",
	} {
		broken := strings.Replace(strings.TrimSpace(strings.ReplaceAll(Unmarked(text), " \u00a0", " ")), " ", "\n  ", 1)
		if got := Recoloured(broken, text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// JSON that passed the filter is the same JSON.
func FuzzJSONMeansTheSame(f *testing.F) {
	for _, c := range shown {
		f.Add(c.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		before, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		var was, is string
		if err := json.Unmarshal(before, &was); err != nil {
			t.Fatal(err)
		}
		after := Text(string(before))
		if err := json.Unmarshal([]byte(after), &is); err != nil || is != was {
			t.Fatalf("%q became %q: %v", before, after, err)
		}
		if sent := Text(text); strings.ContainsFunc(sent, func(r rune) bool { return hidden(r) || r < ' ' && r != '\n' && r != '\t' }) {
			t.Fatalf("%q is sent as %q", text, sent)
		}
	})
}
