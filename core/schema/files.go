package schema

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/assay-bench/assay/core/diag"
	"github.com/assay-bench/assay/core/proto/pluginv1"
)

// Files says how arguments that are paths are read.
type Files struct {
	Base    string                 // the folder that relative paths start from; empty: the working folder
	Pending func(path string) bool // an absolute path that is still to be made and need not exist yet; nil: none
}

// resolve makes the paths in v absolute and checks that they exist. Symbolic
// links stay as they are: a program may behave by the name it is called by.
func (a *Attribute) resolve(v cty.Value, s attrSource, header hcl.Range, files Files) (cty.Value, hcl.Diagnostics) {
	if !a.Path || v.IsNull() || !v.IsKnown() {
		return v, nil
	}
	var diags hcl.Diagnostics
	one := func(given string, at ...*pluginv1.PathStep) cty.Value {
		path, err := files.absolute(given)
		if err == nil {
			return cty.StringVal(path)
		}
		d := &hcl.Diagnostic{
			Severity: hcl.DiagError, Summary: "Invalid path", Subject: &header,
			Detail: fmt.Sprintf("%q: %s", a.Name, sentence(err.Error())),
		}
		if s.attr != nil {
			d.Subject, d.Expression, d.EvalContext = element(s.attr.Expr, at).Range().Ptr(), s.attr.Expr, s.scope
		}
		diags = append(diags, d)
		return cty.UnknownVal(cty.String)
	}
	if a.Type == cty.String {
		return one(v.AsString()), diags
	}
	var list []cty.Value
	for i, given := range texts(v) {
		list = append(list, one(given, &pluginv1.PathStep{Step: &pluginv1.PathStep_Index{Index: int64(i)}}))
	}
	if len(list) == 0 {
		return v, nil
	}
	return cty.ListVal(list), diags
}

// texts of a known string or list of strings.
func texts(v cty.Value) []string {
	if v.IsNull() {
		return nil
	}
	if v.Type() == cty.String {
		return []string{v.AsString()}
	}
	var out []string
	for _, e := range v.AsValueSlice() {
		out = append(out, e.AsString())
	}
	return out
}

func (f Files) absolute(given string) (string, error) {
	if given == "" {
		return "", errors.New("the path is empty")
	}
	if strings.ContainsRune(given, 0) {
		return "", errors.New("a path cannot hold a zero byte")
	}
	path := given
	if !filepath.IsAbs(path) {
		path = filepath.Join(f.Base, path)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if f.Pending != nil && f.Pending(path) {
		return path, nil
	}
	_, err = os.Stat(path)
	switch {
	case err == nil:
		return path, nil
	case !errors.Is(err, fs.ErrNotExist):
		return "", err
	case strings.HasPrefix(given, "~"):
		return "", fmt.Errorf("%s does not exist; ~ stands for nothing here, write the folder in full", path)
	case filepath.IsAbs(given):
		return "", fmt.Errorf("%s does not exist", path)
	}
	return "", fmt.Errorf("%s does not exist; a relative path starts from the configuration's folder", path)
}

// Path is the value of one argument that is a path, or of one element of it.
type Path struct {
	Argument string // where in the configuration: `input`, `phase["decode"].files[1]`
	Path     string // absolute; a file, a folder or anything else that has a name, such as a pipe
}

// Paths lists the paths of the configuration, in the schema's order. Those that
// [Files.Pending] passed over are among them.
func (d *Decoded) Paths() []Path {
	if d == nil || d.block == nil {
		return nil
	}
	return d.block.paths(d.Value, "")
}

func (b *Block) paths(v cty.Value, prefix string) []Path {
	var out []Path
	add := func(v cty.Value, argument string) {
		if v.IsKnown() && !v.IsNull() {
			out = append(out, Path{Argument: argument, Path: v.AsString()})
		}
	}
	for i := range b.Attributes {
		a := &b.Attributes[i]
		if !a.Path {
			continue
		}
		switch value := v.GetAttr(a.Name); {
		case a.Type == cty.String:
			add(value, prefix+a.Name)
		case value.IsKnown() && !value.IsNull():
			for k, e := range value.AsValueSlice() {
				add(e, fmt.Sprintf("%s%s[%d]", prefix, a.Name, k))
			}
		}
	}
	for i := range b.Blocks {
		n := &b.Blocks[i]
		value := v.GetAttr(n.Name)
		if value.IsNull() {
			continue
		}
		if n.single() {
			out = append(out, n.Block.paths(value, prefix+n.Name+".")...)
			continue
		}
		for it := value.ElementIterator(); it.Next(); {
			k, e := it.Element()
			at := diag.Text(k)
			if n.Label != "" {
				at = strconv.Quote(k.AsString())
			}
			out = append(out, n.Block.paths(e, prefix+n.Name+"["+at+"].")...)
		}
	}
	return out
}
