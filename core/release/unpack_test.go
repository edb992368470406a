package release_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/release"
)

type member struct {
	name string
	mode fs.FileMode
	kind byte // of tar; 0: a file
	text string
}

func archived(t testing.TB, file string, members []member) *bytes.Reader {
	t.Helper()
	var b bytes.Buffer
	if strings.HasSuffix(file, ".zip") {
		z := zip.NewWriter(&b)
		for _, m := range members {
			h := &zip.FileHeader{Name: m.name, Method: zip.Deflate}
			h.SetMode(m.mode)
			w, err := z.CreateHeader(h)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write([]byte(m.text)); err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
	} else {
		g := gzip.NewWriter(&b)
		w := tar.NewWriter(g)
		for _, m := range members {
			h := &tar.Header{Name: m.name, Mode: int64(m.mode.Perm()), Typeflag: m.kind, Size: int64(len(m.text))}
			if m.kind == tar.TypeSymlink || m.kind == tar.TypeLink {
				h.Linkname, h.Size = m.text, 0
			}
			if err := w.WriteHeader(h); err != nil {
				t.Fatal(err)
			}
			if h.Size > 0 {
				if _, err := w.Write([]byte(m.text)); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if err := g.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return bytes.NewReader(b.Bytes())
}

func TestUnpack(t *testing.T) {
	const exe = "assay-plugin-add"
	big := strings.Repeat("0", 1<<20)
	for name, c := range map[string]struct {
		members []member
		want    string // of the error; empty: it is unpacked
		tar     bool   // there is no such zip
	}{
		"alone":               {members: []member{{exe, 0o755, 0, "it"}}},
		"in a folder":         {members: []member{{"x/README.md", 0o644, 0, "read"}, {"x/" + exe + "_v1.0.0", 0o755, 0, "it"}}},
		"without a mode":      {members: []member{{exe, 0o644, 0, "it"}}},
		"absent":              {members: []member{{"assay-plugin-dot", 0o644, 0, "it"}}, want: "there is no executable assay-plugin-add in it"},
		"empty":               {want: "there is no executable"},
		"two":                 {members: []member{{exe, 0o755, 0, "it"}, {"y/" + exe, 0o644, 0, "it"}}, want: `"y/assay-plugin-add" is another executable`},
		"another":             {members: []member{{"helper", 0o755, 0, "it"}, {exe, 0o755, 0, "it"}}, want: `"helper" is another executable`},
		"out of it":           {members: []member{{"../" + exe, 0o755, 0, "it"}}, want: "leads out of it"},
		"out of it by a turn": {members: []member{{"x/../../" + exe, 0o755, 0, "it"}}, want: "leads out of it"},
		"from the root":       {members: []member{{"/bin/" + exe, 0o755, 0, "it"}}, want: "leads out of it"},
		"backslash":           {members: []member{{`x\` + exe, 0o755, 0, "it"}}, want: "leads out of it"},
		"link":                {members: []member{{exe, 0o755 | fs.ModeSymlink, tar.TypeSymlink, "/bin/sh"}}, want: "is no regular file"},
		"hard link":           {members: []member{{"x", 0o644, 0, "it"}, {exe, 0o755, tar.TypeLink, "x"}}, want: "is no regular file", tar: true},
		"device":              {members: []member{{exe, 0o755, tar.TypeChar, ""}}, want: "is no regular file", tar: true},
		"bomb":                {members: []member{{exe, 0o755, 0, big}}, want: "it unpacks to more than is allowed (65536 bytes)"},
		"bomb beside it":      {members: []member{{"x", 0o644, 0, big}, {exe, 0o755, 0, "it"}}, want: "it unpacks to more than is allowed", tar: true},
		"many files":          {members: append(slicesRepeat(member{"x", 0o644, 0, ""}, 10_001), member{exe, 0o755, 0, "it"}), want: "more than 10000 files"},
	} {
		for _, ext := range []string{".tar.gz", ".zip"} {
			if c.tar && ext == ".zip" {
				continue
			}
			t.Run(name+ext, func(t *testing.T) {
				file := "assay-plugin-add_v1.0.0_linux_amd64" + ext
				most := int64(64 << 10)
				if name == "many files" {
					most = 64 << 20
				}
				var out bytes.Buffer
				in := archived(t, file, c.members)
				err := release.Unpack(in, in.Size(), file, "add", "1.0.0", most, &out)
				switch {
				case c.want == "" && (err != nil || out.String() != "it"):
					t.Errorf("%q, %v", out.String(), err)
				case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), file)):
					t.Errorf("%v, want %q of %s", err, c.want, file)
				}
			})
		}
	}
}

func slicesRepeat(m member, n int) []member {
	out := make([]member, n)
	for i := range out {
		out[i] = m
	}
	return out
}

// Bytes from outside never panic, and never unpack to more than is allowed. Of kind
// 2 they are what a .tar.gz holds: bytes that are changed at random unpack to nothing.
func FuzzUnpack(f *testing.F) {
	const most = 1 << 10
	for kind, called := range []string{"a.zip", "a.tar.gz"} {
		whole, err := io.ReadAll(archived(f, called, []member{{"README", 0o644, 0, "read me"}, {"assay-plugin-add", 0o755, 0, "binary"}}))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(kind), whole)
		f.Add(uint8(kind), whole[:len(whole)/2])
		if kind == 0 {
			continue
		}
		plain, err := gzip.NewReader(bytes.NewReader(whole))
		if err != nil {
			f.Fatal(err)
		}
		if whole, err = io.ReadAll(plain); err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(2), whole)
	}
	for _, text := range []string{"", "PK\x05\x06" + strings.Repeat("\x00", 18), "\x1f\x8b\x08"} {
		f.Add(uint8(0), []byte(text))
		f.Add(uint8(1), []byte(text))
	}
	f.Fuzz(func(t *testing.T, kind uint8, data []byte) {
		called := "a.tar.gz"
		switch kind % 3 {
		case 0:
			called = "a.zip"
		case 2:
			data = gzipped(t, data)
		}
		var out bytes.Buffer
		err := release.Unpack(bytes.NewReader(data), int64(len(data)), called, "add", "1.0.0", most, &out)
		if out.Len() > most || err == nil && len(data) == 0 {
			t.Fatalf("%d bytes, %v", out.Len(), err)
		}
	})
}

func gzipped(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.NoCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
