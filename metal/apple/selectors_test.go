package apple

import (
	"bufio"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// header is one row of testdata/selectors.tsv, which was read off metal-cpp.
type header struct {
	class, kind, name, result string
	args                      []string
}

func headers(t *testing.T) []header {
	t.Helper()
	f, err := os.Open("testdata/selectors.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []header
	for lines := bufio.NewScanner(f); lines.Scan(); {
		c := strings.Split(lines.Text(), "\t")
		if strings.HasPrefix(c[0], "#") || len(c) < 4 {
			continue
		}
		h := header{class: c[0], kind: c[1], name: c[2], result: c[3]}
		if len(c) > 4 && c[4] != "" {
			h.args = strings.Split(c[4], ", ")
		}
		out = append(out, h)
	}
	if len(out) < 600 {
		t.Fatalf("testdata/selectors.tsv has %d rows, want over 600", len(out))
	}
	return out
}

// verify says what is wrong with a method, compared with the headers.
func (m method) verify(all []header) error {
	kind := "instance"
	if m.static {
		kind = "class"
	}
	if colons := strings.Count(m.name, ":"); colons != 0 && colons != len(m.args) {
		return fmt.Errorf("%s takes %d arguments, the table gives %d types", m.name, colons, len(m.args))
	}
	var elsewhere []string
	for _, h := range all {
		if h.name != m.name {
			continue
		}
		switch {
		case h.class != m.class || h.kind != kind:
			elsewhere = append(elsewhere, h.kind+" of "+h.class)
		case h.result != m.result || !slices.Equal(h.args, m.args):
			elsewhere = append(elsewhere, fmt.Sprintf("with types %v -> %s", h.args, h.result))
		default:
			return nil
		}
	}
	if len(elsewhere) == 0 {
		return fmt.Errorf("no class of the headers has %s", m.name)
	}
	return fmt.Errorf("%s %s: the headers have %s only %s", m.class, m.name, m.name, strings.Join(elsewhere, ", "))
}

// table lists the fields of sel by name.
func table() map[string]method {
	out := map[string]method{}
	v := reflect.ValueOf(&sel).Elem()
	for i := range v.NumField() {
		f := v.Field(i)
		m := method{
			class: f.Field(0).String(), name: f.Field(1).String(), static: f.Field(2).Bool(), result: f.Field(3).String(),
		}
		for j := range f.Field(4).Len() {
			m.args = append(m.args, f.Field(4).Index(j).String())
		}
		out[v.Type().Field(i).Name] = m
	}
	return out
}

func TestSelectorsAreInTheHeaders(t *testing.T) {
	all := headers(t)
	for field, m := range table() {
		if err := m.verify(all); err != nil {
			t.Errorf("sel.%s: %v", field, err)
		}
	}
}

func TestVerifyRefusesWrongSelectors(t *testing.T) {
	all := headers(t)
	for name, change := range map[string]func(*method){
		"misspelt":           func(m *method) { m.name = "setBufer:offset:atIndex:" },
		"colon left out":     func(m *method) { m.name = "setBuffer:offset:atIndex" },
		"another class":      func(m *method) { m.class = "MTLCommandBuffer" },
		"class for instance": func(m *method) { m.static = true },
		"argument too few":   func(m *method) { m.args = m.args[:2] },
		"argument type":      func(m *method) { m.args = []string{"const MTL::Buffer*", "bool", "NS::UInteger"} },
		"result":             func(m *method) { m.result = "bool" },
	} {
		m := table()["setBuffer"]
		if err := m.verify(all); err != nil {
			t.Fatal(err)
		}
		change(&m)
		if m.verify(all) == nil {
			t.Errorf("%s: %+v passes", name, m)
		}
	}
}

// TestOnlyTheTableIsSent reads the darwin sources: selectors come from sel
// alone, with as many arguments as they take, through the call that fits the
// result; only bridge_darwin_arm64.go touches the Objective-C runtime.
func TestOnlyTheTableIsSent(t *testing.T) {
	files, err := filepath.Glob("*_darwin_arm64.go")
	if err != nil || len(files) < 5 {
		t.Fatalf("darwin sources: %v, %v", files, err)
	}
	classes := map[string]bool{}
	for _, h := range headers(t) {
		classes[h.class] = true
	}
	r := reader{t: t, fset: token.NewFileSet(), methods: table(), used: map[string]bool{}, classes: classes}
	for _, name := range files {
		src, err := parser.ParseFile(r.fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		r.bridge = name == "bridge_darwin_arm64.go"
		ast.Inspect(src, r.visit)
	}
	for field := range r.methods {
		if !r.used[field] {
			t.Errorf("sel.%s is never sent", field)
		}
	}
	if r.calls < 40 {
		t.Errorf("only %d messages were recognised", r.calls)
	}
}

type reader struct {
	t       *testing.T
	fset    *token.FileSet
	methods map[string]method
	used    map[string]bool
	classes map[string]bool
	bridge  bool
	calls   int
}

func (r *reader) errorf(n ast.Node, format string, args ...any) {
	r.t.Helper()
	r.t.Errorf("%s: %s", r.fset.Position(n.Pos()), fmt.Sprintf(format, args...))
}

func (r *reader) visit(n ast.Node) bool {
	if s, ok := n.(*ast.SelectorExpr); ok {
		if p, ok := s.X.(*ast.Ident); ok && p.Name == "objc" && !r.bridge {
			r.errorf(n, "objc.%s outside the bridge", s.Sel.Name)
		}
	}
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return true
	}
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return true
	}
	switch f.Sel.Name {
	case "msg", "flag", "seconds", "send":
		r.message(call, f.Sel.Name)
	case "selector":
		r.method(call.Args[0])
	case "class", "create":
		r.class(call)
	}
	return true
}

// message checks one call that sends something.
func (r *reader) message(call *ast.CallExpr, through string) {
	if r.bridge && call.Ellipsis.IsValid() {
		return // the bridge's own forwarding
	}
	if len(call.Args) < 2 || call.Ellipsis.IsValid() {
		r.errorf(call, "a message must spell its arguments")
		return
	}
	m, ok := r.method(call.Args[1])
	if !ok {
		return
	}
	r.calls++
	if want, got := strings.Count(m.name, ":"), len(call.Args)-2; want != got {
		r.errorf(call, "%s takes %d arguments, %d are sent", m.name, want, got)
	}
	want := map[string]string{"bool": "flag", "CFTimeInterval": "seconds"}[m.result]
	if want == "" {
		want = "msg"
	}
	if through != want && (through != "send" || want != "msg") {
		r.errorf(call, "%s returns %s: it must go through %s", m.name, m.result, want)
	}
}

// method resolves sel.x, or hot.x, which is sel.x looked up before.
func (r *reader) method(e ast.Expr) (method, bool) {
	s, ok := e.(*ast.SelectorExpr)
	if ok {
		from := ""
		switch x := s.X.(type) {
		case *ast.Ident:
			from = x.Name
		case *ast.SelectorExpr:
			from = x.Sel.Name
		}
		if m, known := r.methods[s.Sel.Name]; known && (from == "sel" || from == "hot") {
			r.used[s.Sel.Name] = true
			return m, true
		}
	}
	if id, ok := e.(*ast.Ident); ok && r.bridge && id.Name == "m" {
		return method{}, false // the bridge's own parameter
	}
	r.errorf(e, "a selector that is not from the table")
	return method{}, false
}

func (r *reader) class(call *ast.CallExpr) {
	lit, ok := call.Args[0].(*ast.BasicLit)
	if !ok {
		if !r.bridge {
			r.errorf(call, "a class must be named in place")
		}
		return
	}
	if name := strings.Trim(lit.Value, `"`); !r.classes[name] {
		r.errorf(call, "the headers have no class %s", name)
	}
}
