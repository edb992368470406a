package msl

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// TestShifts: counts that may reach the width are masked, and nothing else is
// taken for a shift.
func TestShifts(t *testing.T) {
	for body, want := range map[string]string{
		"x << n":                           "x << metal::shift_by_{} << n",
		"x >> n + 1":                       "x >> metal::shift_by_{} >> n + 1",
		"f(a, x) >> -n":                    "f(a, x) >> metal::shift_by_{} >> -n",
		"x[1] << (n)":                      "x[1] << metal::shift_by_{} << (n)",
		"x <<= n":                          "x << metal::shift_to_{} = n",
		"*p >>= k":                         "*p >> metal::shift_to_{} = k",
		"x << 3":                           "x << 3",
		"x >> 31u":                         "x >> 31u",
		"x >>= 4":                          "x >>= 4",
		"x << 32":                          "x << metal::shift_by_{} << 32",
		"x << 3 * n":                       "x << metal::shift_by_{} << 3 * n",
		"a < b && x >> n":                  "a < b && x >> metal::shift_by_{} >> n",
		"vec<vec<int, 2>> v":               "vec<vec<int, 2>> v",
		"is_same_v<A<int>, B<C<int>>> (y)": "is_same_v<A<int>, B<C<int>>> (y)",
		"f<(x >> n)>(y)":                   "f<(x >> metal::shift_by_{} >> n)>(y)",
	} {
		if got := rendered(t, body); got != strings.ReplaceAll(want, " ", "") {
			t.Errorf("%s became %s, want %s", body, got, want)
		}
	}
}

// TestCasts: what casts to integers convert is marked, and nothing else is taken
// for a cast.
func TestCasts(t *testing.T) {
	to := func(typ, operand string) string { return "ASSAY_TO_(" + typ + ")(" + operand + ")" }
	for body, want := range map[string]string{
		"(char)x + 1":                        "(char)" + to("char", "x") + " + 1",
		"-(short)a.q[2](c)->d++":             "-(short)" + to("short", "a.q[2](c)->d++"),
		"(unsigned char)-f<int>(x)":          "(unsigned char)" + to("unsigned char", "-f<int>(x)"),
		"(int)(float)x":                      "(int)" + to("int", "(float)x"),
		"(char)(short)x":                     "(char)" + to("char", "(short)"+to("short", "x")),
		"(T)x * (T)(y)":                      "(T)" + to("T", "x") + " * (T)" + to("T", "(y)"),
		"y += uchar(x * 2.0f)":               "y += uchar(" + to("uchar", "x * 2.0f") + ")",
		"y = T(x)":                           "y = T(" + to("T", "x") + ")",
		"static_cast<U>(x)":                  "static_cast<U>(" + to("U", "x") + ")",
		"static_cast<float>(x)":              "static_cast<float>(x)",
		"static_cast<device int*>(x)":        "static_cast<int*>(x)",
		"char(3)":                            "char(3)",
		"uchar4(x)":                          "uchar4(x)",
		"T(x, y)":                            "T(x, y)",
		"T()":                                "T()",
		"g(x)":                               "g(x)",
		"sizeof(int) * x":                    "sizeof(int) * x",
		"auto h = [](int) { return 1; }; h":  "auto h = [](int) { return 1; }; h",
		"int (*p)(int) = q":                  "int (*p)(int) = q",
		"a < T(x)":                           "a < T(x)",
		"float(T(x))":                        "float(T(" + to("T", "x") + "))",
		"c ? (int)x : 1":                     "c ? metal::beside_int_(((int)" + to("int", "x") + ")) : metal::int_arm_{1}",
		"y = T(c ? x : x * (x - 1))":         "y = T(" + to("T", "c ? metal::beside_<decltype((x * (x - 1)))>(x) : metal::beside_<decltype((x))>(x * (x - 1))") + ")",
		"y = c ? 1 + (int)x : z":             "y = c ? metal::beside_<decltype((z))>(1 + (int)" + to("int", "x") + ") : metal::beside_<decltype((1 + (int)" + to("int", "x") + "))>(z)",
		"return (char)x":                     "return (char)" + to("char", "x"),
		"switch (x) { case 1: (char)y; } 1 ": "switch (x) { case 1: (char)" + to("char", "y") + "; } 1 ",
	} {
		if got := rendered(t, body); got != strings.ReplaceAll(want, " ", "") {
			t.Errorf("%s became %s, want %s", body, got, want)
		}
	}
}

// Casts of casts are read once each, and not once for each before them.
func TestManyCasts(t *testing.T) {
	const casts = 20000
	for _, cast := range []string{"(int)", "-(int)", "(int)(float)"} {
		src := "kernel void k(device int *x [[buffer(0)]]) { x[0] = " + strings.Repeat(cast, casts) + "x[1]; }"
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Parse("a.metal", src, nil)
		runtime.ReadMemStats(&after)
		if err != nil {
			t.Fatal(err)
		}
		if mib := (after.TotalAlloc - before.TotalAlloc) >> 20; mib > 200 {
			t.Errorf("%d times %s take %d MiB to read", casts, cast, mib)
		}
	}
}

// rendered is what the sim device's rendering has for a statement, less white space.
func rendered(t *testing.T, body string) string {
	t.Helper()
	u, err := Parse("a.metal", fmt.Sprintf("template <class T> T own(T x) { return x; }\nkernel void k(device int *out [[buffer(0)]]) {\n%s;\n}", body), nil)
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	text, err := u.Host(Options{})
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	_, text, _ = strings.Cut(text, " *out")
	_, text, _ = strings.Cut(text, "{")
	text, _, _ = strings.Cut(text, ";\n}")
	return strings.Join(strings.Fields(text), "")
}
