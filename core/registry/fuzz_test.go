package registry

import (
	"bytes"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"

	"github.com/assay-bench/assay/core/internal/jsonfuzz"
	"github.com/assay-bench/assay/core/proto/pluginv1"
)

// FuzzDescribe: whatever `PLUGIN describe` prints is refused, or is a plugin of the
// name that was asked for, with something to time or to configure.
func FuzzDescribe(f *testing.F) {
	seven := 7.0
	d := &pluginv1.DescribeResponse{
		Name: "add", Version: "1.2.3", SdkVersion: "0.1.0", Markdown: "adds", Devices: []string{"cpu"},
		Config: &pluginv1.Block{
			Attributes: []*pluginv1.Attribute{{Name: "n", Type: "number", DefaultJson: "1", OneOfJson: []string{"1", "2"}, Integer: true, Min: &seven, Max: &seven}},
			Blocks:     []*pluginv1.NestedBlock{{TypeName: "stage", LabelName: "name", MaxItems: 2, Block: &pluginv1.Block{Attributes: []*pluginv1.Attribute{{Name: "s", Type: "list(string)", Path: true}}}}},
		},
		Phases:  []*pluginv1.Phase{{Name: "decode", Unit: "tok"}},
		Metrics: []*pluginv1.Metric{{Name: "rel_err", Better: pluginv1.Metric_BETTER_LOWER}},
	}
	raw, err := protojson.Marshal(d)
	if err != nil {
		f.Fatal(err)
	}
	text, err := jsonfuzz.New(rawJSON(raw))
	if err != nil {
		f.Fatal(err)
	}
	text.Seed(f.Add)
	c := candidate{name: "add", path: "/plugins/assay-plugin-add"}
	f.Fuzz(func(t *testing.T, at uint, value []byte) {
		d, err := c.accept(text.With(at, value))
		if err != nil {
			return
		}
		if d.GetName() != "add" || len(d.GetPhases())+len(d.GetConfig().GetAttributes())+len(d.GetConfig().GetBlocks()) == 0 {
			t.Fatalf("accepted: %v", d)
		}
	})
}

// rawJSON is JSON that is there already.
type rawJSON []byte

// MarshalJSON implements json.Marshaler.
func (r rawJSON) MarshalJSON() ([]byte, error) { return r, nil }

// FuzzLock: a lock file is refused with its name, or every digest in it is one, and
// a binary that it does not hold is not taken for one that it holds.
func FuzzLock(f *testing.F) {
	const whole = `plugin "add" {
  version    = "1.2.0"
  constraint = "~> 1.0"
  source     = "owner/add"
  hashes     = ["linux_amd64:sha256:0000000000000000000000000000000000000000000000000000000000000000"]
}
`
	for _, text := range []string{"", "plugin", whole, whole + whole, strings.ReplaceAll(whole, "\"", "'"), "plugin \"a\" {\n hashes = [null]\n version = 1\n}\n", "\xef\xbb\xbf" + whole} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		l := &Lock{path: "assay.lock.hcl"}
		if err := l.parse(bytes.Clone(text)); err != nil {
			if !strings.Contains(err.Error(), "lock file") {
				t.Fatalf("%v names no lock file", err)
			}
			return
		}
		for i := range l.Plugins {
			for _, h := range l.Plugins[i].Hashes {
				if _, sum, ok := strings.Cut(h, ":sha256:"); !ok || len(sum) != 64 {
					t.Fatalf("hash %q", h)
				}
			}
			if locked, err := l.check(l.Plugins[i].Name, "", strings.Repeat("f", 64)); err == nil && locked && !bytes.Contains(text, []byte("ffff")) {
				t.Fatalf("an unknown binary of %q is locked", l.Plugins[i].Name)
			}
		}
	})
}
