package conformance

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/json"

	"github.com/assay-bench/assay/core/schema"
	"github.com/assay-bench/assay/metal/regular"
)

// configure reads the configuration through the plugin's schema, as an
// experiment's config block is read. A schema that does not compile leaves it
// empty; a rule reports that.
func (s *subject) configure() error {
	block, err := schema.Compile(s.d.GetName(), s.d.GetConfig())
	if err != nil {
		return nil //nolint:nilerr // the rule about the schema says it
	}
	s.block = block
	layer, base := schema.Layer{Body: hcl.EmptyBody()}, "."
	if s.o.Config != "" {
		raw, err := regular.Read(s.o.Config, 1<<20)
		if err != nil {
			return &UsageError{fmt.Sprintf("--config: %v", err)}
		}
		f, diags := parse(raw, s.o.Config)
		if diags.HasErrors() {
			return &UsageError{fmt.Sprintf("--config: %s", text(diags))}
		}
		layer.Body, base = f.Body, filepath.Dir(s.o.Config)
	}
	decoded, diags := block.Decode([]schema.Layer{layer}, layer.Range, schema.Files{Base: base})
	switch {
	case !diags.HasErrors():
		s.config = decoded.JSON
	case s.o.Config == "":
		return &UsageError{fmt.Sprintf("plugin %s has no configuration of defaults alone: %s. Write the arguments of its config block into a file, as HCL or JSON, and name it with --config; `%s describe` lists them",
			clean(s.d.GetName()), text(diags), s.o.Path)}
	default:
		return &UsageError{fmt.Sprintf("%s does not fit the schema of plugin %s: %s", s.o.Config, clean(s.d.GetName()), text(diags))}
	}
	if s.config == nil {
		return &UsageError{fmt.Sprintf("%s has a part without a value", s.o.Config)}
	}
	return nil
}

func parse(raw []byte, name string) (*hcl.File, hcl.Diagnostics) {
	if strings.HasSuffix(name, ".json") {
		return json.Parse(raw, name)
	}
	return hclsyntax.ParseConfig(raw, name, hcl.InitialPos)
}

// text of the errors, one line each.
func text(diags hcl.Diagnostics) string {
	var out []string
	for _, err := range diags.Errs() {
		var d *hcl.Diagnostic
		if !errors.As(err, &d) {
			out = append(out, err.Error())
			continue
		}
		at := ""
		if d.Subject != nil && d.Subject.Filename != "" {
			at = fmt.Sprintf("%s:%d: ", d.Subject.Filename, d.Subject.Start.Line)
		}
		out = append(out, at+strings.TrimSuffix(d.Detail, "."))
	}
	return clean(strings.Join(out, "; "))
}

// fits is what the host would send to the plugin for a configuration: defaults
// filled in, values converted to the types of the schema. An error says why it
// would send nothing.
func (s *subject) fits(raw []byte) ([]byte, error) {
	f, diags := json.Parse(raw, "configuration")
	if diags.HasErrors() {
		return nil, errors.New(text(diags))
	}
	decoded, diags := s.block.Decode([]schema.Layer{{Body: f.Body}}, hcl.Range{}, schema.Files{})
	switch {
	case diags.HasErrors():
		return nil, errors.New(text(diags))
	case decoded.JSON == nil:
		return nil, errors.New("a part has no value")
	}
	return decoded.JSON, nil
}
