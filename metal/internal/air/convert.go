package air

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// conversionName is air.convert.TO.TYPE.FROM.TYPE with kinds f, s and u.
var conversionName = regexp.MustCompile(`^convert\.([fsu])\.\w+\.([fsu])\.\w+(\.rte)?$`)

// conversion defines an air.convert.*. What is out of an integer's range becomes its
// nearest value, and NaN 0: an assumption, and what NVIDIA's GPUs do.
func (m *module) conversion(s signature) error {
	k := conversionName.FindStringSubmatch(s.name)
	if k == nil || len(s.params) != 1 {
		return fmt.Errorf("air.%s is not implemented by sim", s.name)
	}
	var b body
	var v string
	from, to := s.params[0], s.result
	switch {
	case k[1] == "f" && k[2] == "f":
		v = b.floats(from, to, "%a0")
	case k[1] == "f": // by float, as the prelude's small floats are made
		op := "uitofp"
		if k[2] == "s" {
			op = "sitofp"
		}
		v = b.floats(as(to, "float"), to, b.set("%s %s %%a0 to %s", op, from, as(to, "float")))
	case k[2] == "f":
		v = m.integers(&b, k[1], b.floats(from, as(from, "float"), "%a0"), as(from, "float"), to)
	default:
		v = b.widths(k[2] == "s", from, to)
	}
	m.write(s, false, b.text.String(), v)
	return nil
}

// as is a type with other elements.
func as(t, element string) string {
	if n, _ := vectorOf(t); n > 0 {
		return fmt.Sprintf("<%d x %s>", n, element)
	}
	return element
}

// floats converts between float types, by float.
func (b *body) floats(from, to, v string) string {
	if from == to {
		return v
	}
	wide := as(from, "float")
	if from != wide {
		v = b.set("fpext %s %s to %s", from, v, wide)
	}
	if to != wide {
		v = b.set("fptrunc %s %s to %s", wide, v, to)
	}
	return v
}

func (m *module) integers(b *body, kind, v, from, to string) string {
	if _, element := vectorOf(to); element == "i1" {
		return b.set("fcmp une %s %s, zeroinitializer", from, v)
	}
	op := "llvm.fpto" + kind + "i.sat." + mangled(to) + "." + mangled(from)
	m.external(op, fmt.Sprintf("declare %s @%s(%s)", to, op, from))
	return b.set("call %s @%s(%s %s)", to, op, from, v)
}

// mangled is a type in a name of LLVM's.
func mangled(t string) string {
	n, element := vectorOf(t)
	if element = strings.Replace(element, "float", "f32", 1); n > 0 {
		return fmt.Sprintf("v%d%s", n, element)
	}
	return element
}

func (b *body) widths(signed bool, from, to string) string {
	var bits [2]int
	for i, t := range []string{from, to} {
		_, element := vectorOf(t)
		bits[i], _ = strconv.Atoi(strings.TrimPrefix(element, "i"))
	}
	op := "zext"
	switch {
	case bits[0] == bits[1]:
		return "%a0"
	case bits[1] == 1:
		return b.set("icmp ne %s %%a0, zeroinitializer", from)
	case bits[1] < bits[0]:
		op = "trunc"
	case signed:
		op = "sext"
	}
	return b.set("%s %s %%a0 to %s", op, from, to)
}
