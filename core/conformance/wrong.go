package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
	"google.golang.org/protobuf/proto"

	"github.com/assay-bench/assay/core/process"
	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/schema"
)

func validateAlike(ctx context.Context, s *subject) outcome {
	p, err := s.begin(ctx)
	if err != nil {
		return s.judge("validate", err)
	}
	defer s.drop(p)
	if err := s.declare(ctx, p); err != nil {
		return s.judge("validate", err)
	}
	var answers [2]*pluginv1.ValidateConfigResponse
	for i := range answers {
		if answers[i], err = s.validate(ctx, p, s.config); err != nil {
			return broken("%v", err)
		}
	}
	if !proto.Equal(answers[0], answers[1]) {
		return broken("two calls gave different answers: %v and %v", answers[0], answers[1])
	}
	return kept("the same twice, phases %s", strings.Join(s.declared.phases, ", "))
}

// wrong is a configuration that differs from the checked one in one argument.
type wrong struct {
	what     string // "n = -1"
	argument string // that has the wrong value; empty: none has, one may be missing
	json     []byte
	sent     bool // it fits the schema, so that the host sends it
}

// wrongConfiguration gives ValidateConfig what the schema cannot refuse, to be
// answered with diagnostics or none, and what no host would send, to be survived.
func wrongConfiguration(ctx context.Context, s *subject) outcome {
	const id = "wrong-configuration"
	p, err := s.begin(ctx)
	if err != nil {
		return s.judge(id, err)
	}
	defer func() { s.drop(p) }()
	if err := s.declare(ctx, p); err != nil {
		return s.judge(id, err)
	}
	tried, refusals := s.wrongs(), 0
	for _, w := range tried {
		r, err := s.validate(ctx, p, w.json)
		if err != nil {
			var died *process.DeathError
			if ctx.Err() != nil || !errors.As(err, &died) {
				return broken("%s: %v", w.what, err)
			}
			if died.Death.Kind != process.KindError {
				return broken("%s: %v", w.what, err)
			}
			if w.sent {
				return broken("%s fits the schema, and was answered with a gRPC status instead of a diagnostic: %s", w.what, died.Death.Detail)
			}
			refusals++
			s.drop(p)
			if p, err = s.begin(ctx); err != nil {
				return s.judge(id, err)
			}
			continue
		}
		for _, d := range r.GetDiagnostics() {
			if d.GetSeverity() == pluginv1.Diagnostic_SEVERITY_WARNING {
				continue
			}
			if fault := s.misplaced(w, d); fault != "" {
				return broken("%s: %s", w.what, fault)
			}
			refusals++
		}
	}
	return kept("%d configurations, %d refusals, and the process went on", len(tried), refusals)
}

// misplaced says what is wrong with a refusal itself.
func (s *subject) misplaced(w wrong, d *pluginv1.Diagnostic) string {
	if d.GetSummary() == "" {
		return "the diagnostic has no summary"
	}
	if len(d.GetPath()) == 0 {
		if w.sent && w.argument != "" {
			return fmt.Sprintf("the diagnostic %q has no path, so that nobody sees which argument is meant", d.GetSummary())
		}
		return ""
	}
	if name := d.GetPath()[0].GetName(); !s.block.Has(name) && name != unknownName {
		return fmt.Sprintf("the diagnostic %q names %q, which the configuration does not have", d.GetSummary(), name)
	}
	return ""
}

// unknownName is an argument that no plugin has.
const unknownName = "assay_unknown"

// wrongs are what can be made wrong in the configuration, argument by argument.
func (s *subject) wrongs() []wrong {
	var values map[string]json.RawMessage
	if json.Unmarshal(s.config, &values) != nil {
		return nil
	}
	var out []wrong
	add := func(what, argument string, change func(map[string]json.RawMessage)) {
		changed := maps.Clone(values)
		change(changed)
		raw, err := json.Marshal(changed)
		if err != nil {
			return
		}
		switch sent, err := s.fits(raw); {
		case err != nil || !bytes.Equal(sent, raw):
			out = append(out, wrong{what: what, argument: argument, json: raw})
			if err == nil && !bytes.Equal(sent, s.config) {
				out = append(out, wrong{what: what, argument: argument, json: sent, sent: true})
			}
		default:
			out = append(out, wrong{what: what, argument: argument, json: raw, sent: true})
		}
	}
	set := func(name, value string) {
		blamed := name
		if value == `null` || value == `""` || value == `[]` || s.isDefault(name, value) { // as if it were left out
			blamed = ""
		}
		add(name+" = "+value, blamed, func(m map[string]json.RawMessage) { m[name] = json.RawMessage(value) })
	}
	add("an unknown argument", "", func(m map[string]json.RawMessage) { m[unknownName] = json.RawMessage("1") })
	for i := range s.block.Attributes {
		a := &s.block.Attributes[i]
		add(a.Name+" left out", "", func(m map[string]json.RawMessage) { delete(m, a.Name) })
		for _, value := range wrongValues(a) {
			set(a.Name, value)
		}
	}
	for _, text := range []string{"NaN", "", "[]", "null"} { // no configuration at all
		out = append(out, wrong{what: fmt.Sprintf("the configuration %q", text), json: []byte(text)})
	}
	if i := bytes.IndexByte(s.config, ':'); i > 0 {
		out = append(out, wrong{what: "a configuration cut in the middle", json: s.config[:i+1]})
	}
	return out
}

// isDefault says whether a value is what the argument has when it is left out.
func (s *subject) isDefault(name, value string) bool {
	for i := range s.block.Attributes {
		a := &s.block.Attributes[i]
		if a.Name == name && !a.Default.IsNull() {
			raw, err := ctyjson.Marshal(a.Default, a.Type)
			return err == nil && string(raw) == value
		}
	}
	return false
}

// wrongValues of an argument: of another type, at the ends of what its schema
// allows and beyond, too large for any machine.
func wrongValues(a *schema.Attribute) []string {
	out := []string{`null`, `{"a":[1]}`}
	if len(a.OneOf) > 0 {
		out = append(out, `"no such value"`)
	}
	switch a.Type {
	case cty.Number:
		out = append(out, `"many"`, `-1`, `0`, `0.5`, `1e300`, `-1e300`, `9007199254740993`, `1e999`)
		if a.Min != nil {
			out = append(out, fmt.Sprint(*a.Min), fmt.Sprint(*a.Min-1))
		}
		if a.Max != nil {
			out = append(out, fmt.Sprint(*a.Max), fmt.Sprint(*a.Max+1))
		}
	case cty.String:
		out = append(out, `7`, `""`, `"\u0000"`)
	case cty.Bool:
		out = append(out, `"maybe"`)
	default:
		out = append(out, `7`, `[]`)
	}
	return out
}
