package config

import (
	"fmt"
	"maps"
	"slices"
	"sort"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/assay-bench/assay/core/diag"
	"github.com/assay-bench/assay/core/expr"
)

// Variable is one `variable` block and the value it got.
type Variable struct {
	Name        string
	Type        cty.Type // cty.DynamicPseudoType when none is declared
	Description string
	Nullable    bool
	Value       cty.Value // cty.DynamicVal after a fault
	From        string    // "default", "-var", "-var-file FILE", "ASSAY_VAR_name" or a file of the folder
	Range       hcl.Range

	defaults    *typeexpr.Defaults
	hasDefault  bool
	validations hcl.Blocks
}

var variableSchema = &hcl.BodySchema{
	Attributes: []hcl.AttributeSchema{{Name: "type"}, {Name: "default"}, {Name: "description"}, {Name: "nullable"}},
	Blocks:     []hcl.BlockHeaderSchema{{Type: "validation"}},
}

func (m *Module) decodeVariables(blocks hcl.Blocks) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, b := range blocks {
		content, more := contentOf(b.Body, variableSchema)
		r := &reader{attrs: content.Attributes, diags: more}
		v := &Variable{
			Name: b.Labels[0], Type: cty.DynamicPseudoType, Value: cty.DynamicVal, Range: b.DefRange,
			Description: r.str("description", ""), Nullable: r.boolean("nullable", true),
			validations: content.Blocks,
		}
		if first, ok := m.Variables[v.Name]; ok {
			r.fault(b.DefRange, "Duplicate variable", "The variable %q is declared at %s already. Delete one of the two.", v.Name, place(first.Range))
			diags = append(diags, r.diags...)
			continue
		}
		if !hclsyntax.ValidIdentifier(v.Name) {
			r.fault(b.LabelRanges[0], "Invalid variable name", "%q cannot be a name. Use letters, digits, _ and -, and start with a letter.", v.Name)
		}
		if attr := content.Attributes["type"]; attr != nil {
			ty, defaults, more := typeexpr.TypeConstraintWithDefaults(attr.Expr)
			for _, d := range more {
				d.Detail += " A type is string, number, bool, list(T), set(T), map(T), tuple([T, …]), object({ name = T }) or any."
			}
			r.diags = append(r.diags, more...)
			if !more.HasErrors() {
				v.Type, v.defaults = ty, defaults
			}
		}
		if attr := content.Attributes["default"]; attr != nil {
			v.hasDefault, v.From = true, "default"
			if value, ok := r.eval(attr.Expr); ok {
				v.take(r, value, attr.Expr.Range(), "default")
			}
		}
		m.Variables[v.Name] = v
		diags = append(diags, r.diags...)
	}
	return diags
}

// take converts value to the variable's type and keeps it.
func (v *Variable) take(r *reader, value cty.Value, at hcl.Range, from string) {
	v.From, v.Value = from, cty.DynamicVal
	if value.IsNull() {
		if !v.Nullable {
			r.fault(at, "Invalid value for variable", "The variable %q cannot be null: it says nullable = false.", v.Name)
			return
		}
		v.Value = cty.NullVal(v.Type)
		return
	}
	if v.defaults != nil {
		value = v.defaults.Apply(value)
	}
	value, err := convert.Convert(value, v.Type)
	if err != nil {
		r.fault(at, "Invalid value for variable", "The variable %q has the type %s: %s.", v.Name, typeexpr.TypeString(v.Type), err)
		return
	}
	v.Value = value
}

// assignVariables gives each variable its value, the last of: default,
// environment, the folder's own files of values, -var-file, -var; and checks
// validations.
func (m *Module) assignVariables(opts Options) hcl.Diagnostics {
	r := &reader{}
	names := slices.Sorted(maps.Keys(m.Variables))
	if opts.Env != nil {
		for _, name := range names {
			if text := opts.Env("ASSAY_VAR_" + name); text != "" {
				m.assignText(r, m.Variables[name], "ASSAY_VAR_"+name, text)
			}
		}
	}
	unread := false // values may be in a file that cannot be read
	for _, file := range opts.ownValues {
		unread = !m.assignFile(r, file, file, names) || unread
	}
	for _, file := range opts.VarFiles {
		unread = !m.assignFile(r, relative(file), "-var-file "+relative(file), names) || unread
	}
	for _, name := range slices.Sorted(maps.Keys(opts.Vars)) {
		origin := "-var " + name
		if v, ok := m.Variables[name]; ok {
			m.assignText(r, v, origin, opts.Vars[name])
			continue
		}
		r.fault(m.remember(origin, name+"="+opts.Vars[name]), "Unknown variable",
			"No variable %q is declared. %s", name, diag.DidYouMean(name, "variables", names))
	}
	// In source order, so that messages come in the reader's order.
	vars := slices.Collect(maps.Values(m.Variables))
	sort.Slice(vars, func(i, j int) bool {
		a, b := vars[i].Range, vars[j].Range
		return a.Filename < b.Filename || a.Filename == b.Filename && a.Start.Byte < b.Start.Byte
	})
	for _, v := range vars {
		if v.From == "" && unread {
			continue
		}
		if v.From == "" {
			r.fault(v.Range, "No value for variable", "The variable %q has no default. Give it a value: -var %s=…, or a default in its block.", v.Name, v.Name)
			continue
		}
		m.validate(r, v)
	}
	return r.diags
}

// remember makes text that came from outside the files available as a file,
// so that a diagnostic can show it, and returns its range.
func (m *Module) remember(name, text string) hcl.Range {
	m.files[name] = &hcl.File{Bytes: []byte(text)}
	end := hcl.Pos{Line: 1, Column: 1 + len([]rune(text)), Byte: len(text)}
	return hcl.Range{Filename: name, Start: hcl.InitialPos, End: end}
}

// assignText takes a value as typed in a shell: as it stands if the variable
// is a string or has no type, else as an HCL expression.
func (m *Module) assignText(r *reader, v *Variable, origin, text string) {
	at := m.remember(origin, text)
	from := origin
	if len(origin) > 5 && origin[:5] == "-var " {
		from = "-var"
	}
	if v.Type == cty.String || v.Type == cty.DynamicPseudoType {
		v.take(r, cty.StringVal(text), at, from)
		return
	}
	v.From, v.Value = from, cty.DynamicVal
	if fault := guard(input{origin, []byte(text)}); fault != nil {
		r.diags = append(r.diags, fault)
		return
	}
	if v.Type.IsPrimitiveType() {
		v.take(r, cty.StringVal(text), at, from)
		return
	}
	typed, diags := hclsyntax.ParseExpression([]byte(text), origin, hcl.InitialPos)
	if !diags.HasErrors() {
		diags = duplicateKeys(typed)
	}
	if !diags.HasErrors() {
		var value cty.Value
		if value, diags = expr.Eval(typed, nil); !diags.HasErrors() && value.IsWhollyKnown() {
			v.take(r, value, at, from)
		}
	}
	for _, d := range diags {
		d.Detail += fmt.Sprintf(" The variable %q has the type %s; write its value as in HCL.", v.Name, typeexpr.TypeString(v.Type))
	}
	r.diags = append(r.diags, diags...)
}

// assignFile takes values out of a file; from says who named it, and ok that it
// could be read.
func (m *Module) assignFile(r *reader, name, from string, declared []string) (ok bool) {
	src, fault := readSource(name)
	if fault != nil {
		r.diags = append(r.diags, fault)
		return false
	}
	return m.assignSource(r, input{name, src}, from, declared)
}

// assignSource takes values out of the text of a file.
func (m *Module) assignSource(r *reader, in input, from string, declared []string) (ok bool) {
	name, src := in.name, in.src
	file, diags := parse(in)
	r.diags = append(r.diags, diags...)
	if file == nil {
		m.files[name] = &hcl.File{Bytes: src}
		return false
	}
	m.files[name] = file
	if diags.HasErrors() {
		return false
	}
	if body, ok := file.Body.(*hclsyntax.Body); ok {
		r.diags = append(r.diags, duplicateKeys(body)...)
	}
	attrs, diags := file.Body.JustAttributes()
	r.diags = append(r.diags, diags...)
	for _, attr := range sorted(attrs) {
		v, ok := m.Variables[attr.Name]
		if !ok {
			r.fault(attr.NameRange, "Unknown variable", "No variable %q is declared. %s", attr.Name, diag.DidYouMean(attr.Name, "variables", declared))
			continue
		}
		v.From, v.Value = from, cty.DynamicVal
		if value, ok := r.eval(attr.Expr); ok {
			v.take(r, value, attr.Expr.Range(), from)
		}
	}
	return true
}

var validationSchema = &hcl.BodySchema{Attributes: []hcl.AttributeSchema{
	{Name: "condition", Required: true}, {Name: "error_message", Required: true},
}}

// validate evaluates v's validation blocks; they see var.* and functions.
func (m *Module) validate(r *reader, v *Variable) {
	if !v.Value.IsWhollyKnown() {
		return
	}
	scope := m.baseScope()
	for _, b := range v.validations {
		content, diags := contentOf(b.Body, validationSchema)
		inner := &reader{attrs: content.Attributes, scope: scope, diags: diags}
		if !diags.HasErrors() {
			inner.condition(content.Attributes["condition"], content.Attributes["error_message"], fmt.Sprintf("Invalid value for variable %q", v.Name))
		}
		r.diags = append(r.diags, inner.diags...)
	}
}

// condition reports message unless cond holds.
func (r *reader) condition(cond, message *hcl.Attribute, summary string) {
	value, ok := r.eval(cond.Expr)
	if !ok {
		return
	}
	value, err := convert.Convert(value, cty.Bool)
	if err != nil || value.IsNull() {
		r.invalid(cond, "a condition must be true or false.")
		return
	}
	if value.True() {
		return
	}
	text := "The condition does not hold."
	if v, ok := r.eval(message.Expr); ok {
		if s, err := convert.Convert(v, cty.String); err == nil && !s.IsNull() {
			text = s.AsString()
		}
	}
	r.diags = append(r.diags, &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: summary, Detail: text,
		Subject: cond.Expr.Range().Ptr(), Expression: cond.Expr, EvalContext: r.scope,
	})
}
