package process

import "testing"

func TestRaised(t *testing.T) {
	for name, c := range map[string]struct{ stderr, want string }{
		"none":       {"warning: slow\nerror: no weights\n", ""},
		"empty":      {"", ""},
		"one":        {"loading\nTraceback (most recent call last):\n  File \"/x/p.py\", line 3, in <module>\n    load()\n    ^^^^\nValueError: no weights\n", "ValueError: no weights"},
		"no source":  {"Traceback (most recent call last):\n  File \"<string>\", line 1, in <module>\nKeyError: 'n'", "KeyError: 'n'"},
		"two":        {"Traceback (most recent call last):\n  File \"a\", line 1\n    f()\nKeyError: 1\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File \"a\", line 2\nOSError: 2\n", "OSError: 2"},
		"long text":  {"Traceback (most recent call last):\n  File \"a\", line 1\nValueError: two lines\nof text\nlater: a warning\n", "ValueError: two lines"},
		"syntax":     {"  File \"/x/p.py\", line 3\n    def (\n        ^\nSyntaxError: invalid syntax\n", "SyntaxError: invalid syntax"},
		"cut":        {"Traceback (most recent call last):\n  File \"a\", line 1\n    f()\n", ""},
		"cut before": {"    f()\nValueError: 1\n", ""},
		"carriage":   {"Traceback (most recent call last):\r\n  File \"a\", line 1\r\nValueError: 1\r\n", "ValueError: 1"},
	} {
		if got := Raised(c.stderr); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestLastSaid(t *testing.T) {
	for stderr, want := range map[string]string{
		"": "", "\n \n": "", "error: no weights\n": "error: no weights",
		"loading\nerror: no weights\n{\"@level\":\"info\"}\n\n": "error: no weights", `{"@level":"info"}`: "",
	} {
		if got := lastSaid(stderr); got != want {
			t.Errorf("%q: %q, want %q", stderr, got, want)
		}
	}
}
