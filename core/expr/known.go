package expr

import (
	"encoding/json"
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// Known is the scope of a condition that was written down: functions, and names
// with the values that they had.
func Known(values map[string]json.RawMessage) (*hcl.EvalContext, error) {
	scope := &hcl.EvalContext{Functions: Functions(), Variables: map[string]cty.Value{}}
	for name, raw := range values {
		v, err := Decode(raw)
		if err != nil {
			return nil, fmt.Errorf("value of %q: %w", name, err)
		}
		scope.Variables[name] = v
	}
	return scope, nil
}

// Decode reads a value from JSON.
func Decode(raw json.RawMessage) (cty.Value, error) {
	ty, err := ctyjson.ImpliedType(raw)
	if err != nil {
		return cty.NilVal, err
	}
	return ctyjson.Unmarshal(raw, ty)
}
