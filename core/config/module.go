package config

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/hashicorp/go-version"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/assay-bench/assay/core/diag"
	"github.com/assay-bench/assay/core/source"
)

// Module is a configuration as loaded: everything that needs neither device
// nor plugin.
type Module struct {
	Dir             string // path.module
	RequiredVersion string // constraint, "" for none
	RequiredPlugins map[string]RequiredPlugin
	Variables       map[string]*Variable

	files       map[string]*hcl.File
	readable    []string // folders besides Dir in which file() reads
	locals      map[string]*hcl.Attribute
	localOrder  []string // dependencies first
	experiments []*block
	broken      bool   // syntax errors: there is no point in resolving
	first       string // name of the first file
	unread      int    // other files of the folder, when a single file was named
	faulty      bool   // other errors, which may be why an experiment is absent
}

// RequiredPlugin is one entry of required_plugins.
type RequiredPlugin struct {
	Source    string // as [source.Parse] reads it; "" for none
	Version   string // constraint, "" for none
	PublicKey string // minisign's, that releases are signed with; "" for none
	Range     hcl.Range

	constraint version.Constraints
}

// block is an experiment before it is resolved.
type block struct {
	name string
	*hcl.Block
}

// Files maps file names to what was parsed, for [diag.Write]. It includes
// the values given on the command line, under names such as "-var model".
func (m *Module) Files() map[string]*hcl.File { return m.files }

// ExperimentNames lists the experiments in source order.
func (m *Module) ExperimentNames() []string {
	names := make([]string, len(m.experiments))
	for i, e := range m.experiments {
		names[i] = e.name
	}
	return names
}

var moduleSchema = &hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{
	{Type: "assay"},
	{Type: "variable", LabelNames: []string{"name"}},
	{Type: "locals"},
	{Type: "experiment", LabelNames: []string{"name"}},
}}

func load(dir string, inputs []input, opts Options) (*Module, hcl.Diagnostics) {
	m := &Module{
		readable: opts.AllowFiles,
		Dir:      filepath.ToSlash(dir), RequiredPlugins: map[string]RequiredPlugin{}, Variables: map[string]*Variable{},
		files: map[string]*hcl.File{}, locals: map[string]*hcl.Attribute{},
	}
	var diags hcl.Diagnostics
	var blocks hcl.Blocks
	for i, in := range inputs {
		if i == 0 {
			m.first = in.name
		}
		file, more := parse(in)
		diags = append(diags, more...)
		if file == nil || file.Body == nil {
			m.broken = true
			m.files[in.name] = &hcl.File{Bytes: in.src}
			continue
		}
		m.files[in.name] = file
		if more.HasErrors() {
			m.broken = true
			continue
		}
		if body, ok := file.Body.(*hclsyntax.Body); ok {
			diags = append(diags, duplicateKeys(body)...)
		}
		content, more := contentOf(file.Body, moduleSchema)
		diags = append(diags, more...)
		blocks = append(blocks, content.Blocks...)
	}
	if m.broken {
		return m, diags
	}
	diags = append(diags, m.decodeAssay(blocks.OfType("assay"), opts.Version)...)
	diags = append(diags, m.decodeVariables(blocks.OfType("variable"))...)
	if !opts.NoValues {
		diags = append(diags, m.assignVariables(opts)...)
	}
	diags = append(diags, m.decodeLocals(blocks.OfType("locals"))...)
	diags = append(diags, m.collectExperiments(blocks.OfType("experiment"))...)
	diags = append(diags, m.bareReferences()...)
	m.faulty = diags.HasErrors()
	return m, diags
}

var assaySchema = &hcl.BodySchema{
	Attributes: []hcl.AttributeSchema{{Name: "required_version"}},
	Blocks:     []hcl.BlockHeaderSchema{{Type: "required_plugins"}},
}

func (m *Module) decodeAssay(blocks hcl.Blocks, running string) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, b := range blocks {
		content, more := contentOf(b.Body, assaySchema)
		r := &reader{attrs: content.Attributes, diags: more}
		if attr := content.Attributes["required_version"]; attr != nil {
			m.RequiredVersion = r.str("required_version", "")
			r.checkVersion(attr, m.RequiredVersion, running)
		}
		for _, p := range content.Blocks {
			attrs, more := p.Body.JustAttributes()
			r.diags = append(r.diags, more...)
			for _, attr := range sorted(attrs) {
				m.requirePlugin(attr, r)
			}
		}
		diags = append(diags, r.diags...)
	}
	return diags
}

func (m *Module) requirePlugin(attr *hcl.Attribute, r *reader) {
	if first, ok := m.RequiredPlugins[attr.Name]; ok {
		r.fault(attr.NameRange, "Duplicate plugin", "%q is required at %s already. Delete one of the two.", attr.Name, place(first.Range))
		return
	}
	p := RequiredPlugin{Range: attr.Range}
	pairs, diags := hcl.ExprMap(attr.Expr)
	if diags.HasErrors() {
		r.fault(attr.Expr.Range(), "Invalid plugin requirement", `Write %s = { source = "…", version = "~> 0.1" }.`, attr.Name)
		return
	}
	for _, pair := range pairs {
		key, ok := constantString(pair.Key)
		if !ok {
			r.fault(pair.Key.Range(), "Invalid plugin requirement", "The keys are source, version and public_key.")
			continue
		}
		value, ok := constantString(pair.Value)
		if !ok {
			r.fault(pair.Value.Range(), "Invalid plugin requirement", "%s must be a string, written out.", key)
			continue
		}
		switch key {
		case "source":
			if _, err := source.Parse(value); err != nil {
				r.fault(pair.Value.Range(), "Invalid plugin source", "%s", sentence(err.Error()))
				continue
			}
			p.Source = value
		case "public_key":
			p.PublicKey = value
		case "version":
			c, err := version.NewConstraint(value)
			if err != nil {
				r.fault(pair.Value.Range(), "Invalid version constraint", `%q is not a version constraint. Write something like "~> 0.1" or ">= 1.2, < 2.0".`, value)
				continue
			}
			p.Version, p.constraint = value, c
		default:
			r.fault(pair.Key.Range(), "Invalid plugin requirement", "There is no %q here. %s", key, diag.DidYouMean(key, "keys", []string{"source", "version", "public_key"}))
		}
	}
	m.RequiredPlugins[attr.Name] = p
}

// checkVersion holds the version that runs against the constraint in attr.
func (r *reader) checkVersion(attr *hcl.Attribute, constraint, running string) {
	if constraint == "" {
		return
	}
	c, err := version.NewConstraint(constraint)
	if err != nil {
		r.fault(attr.Expr.Range(), "Invalid version constraint", `%q is not a version constraint. Write something like ">= 0.1".`, constraint)
		return
	}
	if running == "" {
		return
	}
	// A development build counts as the release it leads to.
	if v, err := version.NewVersion(running); err == nil && !c.Check(v.Core()) {
		r.fault(attr.Expr.Range(), "Unsupported Assay version", "This configuration requires Assay %s; this is %s. Install another version, or change required_version.", constraint, running)
	}
}

func (m *Module) collectExperiments(blocks hcl.Blocks) hcl.Diagnostics {
	var diags hcl.Diagnostics
	first := map[string]hcl.Range{}
	for _, b := range blocks {
		name := b.Labels[0]
		if !hclsyntax.ValidIdentifier(name) {
			diags = append(diags, &hcl.Diagnostic{
				Severity: hcl.DiagError, Summary: "Invalid experiment name",
				Detail:  fmt.Sprintf("%q cannot be a name: it becomes a file name and is written as experiment.NAME. Use letters, digits, _ and -, and start with a letter.", name),
				Subject: b.LabelRanges[0].Ptr(),
			})
			continue
		}
		if at, ok := first[name]; ok {
			diags = append(diags, &hcl.Diagnostic{
				Severity: hcl.DiagError, Summary: "Duplicate experiment",
				Detail:  fmt.Sprintf("There is an experiment %q at %s already. Give one of the two another name.", name, place(at)),
				Subject: b.DefRange.Ptr(),
			})
			continue
		}
		first[name] = b.DefRange
		m.experiments = append(m.experiments, &block{name: name, Block: b})
	}
	return diags
}

// innerSchemas are those of the blocks that stand in others, for advice.
var innerSchemas = map[string]*hcl.BodySchema{
	"measure": measureSchema, "guardrail": guardrailSchema, "tradeoff": tradeoffSchema, "assert": assertSchema,
	"select": selectSchema, "output": outputSchema, "variant": variantSchema, "build": buildSchema, "validation": validationSchema,
	"stored_baseline": storedSchema, "require": requireSchema,
}

// contentOf is body.Content with advice for what does not belong there.
func contentOf(body hcl.Body, schema *hcl.BodySchema) (*hcl.BodyContent, hcl.Diagnostics) {
	content, diags := body.Content(schema)
	var attrs, blocks []string
	for _, a := range schema.Attributes {
		attrs = append(attrs, a.Name)
	}
	for _, b := range schema.Blocks {
		if b.Type != "dynamic" {
			blocks = append(blocks, b.Type)
		}
	}
	return content, diag.Advise(diags, attrs, blocks, func(name string) []string { return within(schema, name) })
}

// within lists the blocks of a schema that have an argument of the name.
func within(schema *hcl.BodySchema, name string) []string {
	var out []string
	for _, b := range schema.Blocks {
		inner := innerSchemas[b.Type]
		if inner == nil {
			continue
		}
		if slices.ContainsFunc(inner.Attributes, func(a hcl.AttributeSchema) bool { return a.Name == name }) {
			out = append(out, b.Type)
			continue
		}
		for _, deeper := range within(inner, name) {
			if !slices.ContainsFunc(schema.Blocks, func(o hcl.BlockHeaderSchema) bool { return o.Type == deeper }) {
				out = append(out, b.Type+" > "+deeper)
			}
		}
	}
	return out
}

// sorted returns attributes in source order.
func sorted(attrs hcl.Attributes) []*hcl.Attribute {
	out := make([]*hcl.Attribute, 0, len(attrs))
	for _, a := range attrs {
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b *hcl.Attribute) int {
		if a.NameRange.Filename != b.NameRange.Filename {
			if a.NameRange.Filename < b.NameRange.Filename {
				return -1
			}
			return 1
		}
		return a.NameRange.Start.Byte - b.NameRange.Start.Byte
	})
	return out
}

// place writes a range as file:line.
func place(r hcl.Range) string { return fmt.Sprintf("%s:%d", r.Filename, r.Start.Line) }
