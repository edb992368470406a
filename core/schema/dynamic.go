package schema

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// generates lists the block types that body has dynamic blocks for: one that
// generates nothing still replaces what an earlier layer has.
func generates(body hcl.Body) map[string]bool {
	content, _, _ := body.PartialContent(&hcl.BodySchema{
		Blocks: []hcl.BlockHeaderSchema{{Type: "dynamic", LabelNames: []string{"type"}}},
	})
	out := map[string]bool{}
	for _, b := range content.Blocks {
		out[b.Labels[0]] = true
	}
	return out
}

// BoundForEach is a check for dynblock.OptCheckForEach: it refuses to make
// more than a thousand blocks.
func BoundForEach(v cty.Value, expr hcl.Expression, scope *hcl.EvalContext) hcl.Diagnostics {
	const most = 1000
	if v.IsKnown() && !v.IsNull() && v.CanIterateElements() && v.LengthInt() > most {
		return hcl.Diagnostics{{
			Severity: hcl.DiagError, Summary: "Too many blocks",
			Detail:  fmt.Sprintf("This would make %d blocks; at most %d are allowed.", v.LengthInt(), most),
			Subject: expr.Range().Ptr(), Expression: expr, EvalContext: scope,
		}}
	}
	return nil
}
