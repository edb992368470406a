package sdktest

import (
	"errors"
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/json"
	"google.golang.org/protobuf/proto"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/schema"
)

// Canonical is what a host sends for a configuration: held against the schema, with
// every argument named and defaults filled in. Paths stay as they are. The test
// fails where a host would refuse.
func (h *Host) Canonical(configJSON string) []byte {
	h.t.Helper()
	out, err := h.canonical(configJSON)
	if err != nil {
		h.t.Fatalf("sdktest: the host refuses %s: %v", configJSON, err)
	}
	return out
}

// Refusal is what a host says of a configuration that the schema does not allow;
// empty: it would send it.
func (h *Host) Refusal(configJSON string) string {
	if _, err := h.canonical(configJSON); err != nil {
		return err.Error()
	}
	return ""
}

func (h *Host) canonical(configJSON string) ([]byte, error) {
	file, diags := json.Parse([]byte(configJSON), "configuration")
	if diags.HasErrors() {
		return nil, diags
	}
	decoded, diags := h.schema.Decode([]schema.Layer{{Body: file.Body}}, hcl.Range{}, schema.Files{})
	var faults []error
	for _, d := range diags {
		if d.Severity == hcl.DiagError {
			faults = append(faults, fmt.Errorf("%s: %s", d.Summary, d.Detail))
		}
	}
	return decoded.JSON, errors.Join(faults...)
}

// compile is the schema that a plugin describes, with paths as plain strings.
func compile(d *pluginv1.DescribeResponse) (*schema.Block, error) {
	block := proto.CloneOf(d.GetConfig())
	plain(block)
	if _, err := schema.Compile(d.GetName(), d.GetConfig()); err != nil {
		return nil, err
	}
	return schema.Compile(d.GetName(), block)
}

func plain(b *pluginv1.Block) {
	for _, a := range b.GetAttributes() {
		a.Path = false
	}
	for _, n := range b.GetBlocks() {
		plain(n.GetBlock())
	}
}
