package msl

// expand replaces macros in a run of tokens (Prosser's algorithm, the one the
// C standard describes: every token carries the set of macros that may not
// expand it again).
func (p *preprocessor) expand(in []token) []token {
	var out []token
	stack := make([]token, len(in)) // next token last
	for i, t := range in {
		stack[len(in)-1-i] = t
	}
	for len(stack) > 0 {
		t := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if p.budget--; p.budget < 0 {
			p.fail(t, "macros expand to more than %d tokens", maxTokens)
		}
		if t.kind == tokIdent && t.text == "_Pragma" {
			if pragma, rest, ok := operatorPragma(t, stack); ok {
				out, stack = append(out, pragma), rest
				continue
			}
		}
		m := p.macros[t.text]
		p.spend(t, t.hide.len())
		if t.kind == tokIdent && t.text == "__LINE__" {
			t.kind, t.text = tokNumber, itoa(t.line)
		}
		if m == nil || t.kind != tokIdent || t.hide.has(t.text) {
			out = append(out, t)
			continue
		}
		hide := t.hide.add(t.text)
		var args [][]token
		if m.function {
			if len(stack) == 0 || !stack[len(stack)-1].is("(") {
				out = append(out, t)
				continue
			}
			var closing token
			args, closing, stack = p.arguments(t, m, stack)
			p.spend(t, t.hide.len()*closing.hide.len())
			hide = t.hide.intersect(closing.hide).add(t.text)
		}
		body := p.substitute(t, m, args)
		for i := len(body) - 1; i >= 0; i-- {
			b := body[i]
			p.spend(t, b.hide.len()*hide.len())
			b.hide = b.hide.with(hide)
			b.file, b.line, b.col, b.bol = t.file, t.line, t.col, i == 0 && t.bol
			if i == 0 {
				b.space = t.space
			}
			stack = append(stack, b)
		}
	}
	return out
}

// spend accounts for work on the lists of hidden macros, which grow with the
// depth of expansion.
func (p *preprocessor) spend(at token, n int) {
	if p.work -= n; p.work < 0 {
		p.fail(at, "macros are nested too deep to expand")
	}
}

// operatorPragma reads _Pragma("...").
func operatorPragma(t token, stack []token) (pragma token, rest []token, ok bool) {
	n := len(stack)
	if n < 3 || !stack[n-1].is("(") || stack[n-2].kind != tokString || !stack[n-3].is(")") {
		return token{}, nil, false
	}
	text := stack[n-2].text
	return token{kind: tokPragma, text: unquote(text), file: t.file, line: t.line, col: t.col, bol: true}, stack[:n-3], true
}

// arguments reads a call's arguments off the stack.
func (p *preprocessor) arguments(name token, m *macro, stack []token) (args [][]token, closing token, rest []token) {
	stack = stack[:len(stack)-1] // (
	depth := 0
	args = [][]token{nil}
	for {
		if len(stack) == 0 {
			p.fail(name, "call of macro %s is not closed: add )", name.text)
		}
		t := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if p.budget--; p.budget < 0 {
			p.fail(t, "macros expand to more than %d tokens", maxTokens)
		}
		switch {
		case t.is("("):
			depth++
		case t.is(")") && depth == 0:
			if len(m.params) == 0 && len(args) == 1 && len(args[0]) == 0 {
				args = nil
			}
			if len(args) == len(m.params)-1 && m.variadic {
				args = append(args, nil)
			}
			if len(args) != len(m.params) {
				p.fail(name, "macro %s takes %d arguments, not %d", name.text, len(m.params), len(args))
			}
			return args, t, stack
		case t.is(")"):
			depth--
		case t.is(",") && depth == 0 && (!m.variadic || len(args) != len(m.params)):
			args = append(args, nil)
			continue
		}
		args[len(args)-1] = append(args[len(args)-1], t)
	}
}

// substitute puts the arguments into a macro's body.
func (p *preprocessor) substitute(name token, m *macro, args [][]token) []token {
	index := func(t token) int {
		if t.kind == tokIdent {
			for i, param := range m.params {
				if param == t.text {
					return i
				}
			}
		}
		return -1
	}
	full := make([][]token, len(args)) // arguments expanded, when first needed
	done := make([]bool, len(args))
	var out []token
	for i := 0; i < len(m.body); i++ {
		t := m.body[i]
		if t.is("#") && m.function && i+1 < len(m.body) {
			if a := index(m.body[i+1]); a >= 0 {
				out = append(out, token{kind: tokString, text: quote(spell(args[a])), space: t.space})
				i++
				continue
			}
		}
		if t.is("##") && i+1 < len(m.body) && len(out) > 0 {
			i++
			right := []token{m.body[i]}
			if a := index(m.body[i]); a >= 0 {
				right = args[a]
				if out[len(out)-1].is(",") && m.variadic && a == len(m.params)-1 { // GNU: , ## __VA_ARGS__
					if len(right) == 0 {
						out = out[:len(out)-1]
					}
					out = append(out, right...)
					continue
				}
			}
			if len(right) > 0 {
				out = append(p.paste(name, out, right[0]), right[1:]...)
			}
			continue
		}
		a := index(t)
		if a < 0 {
			out = append(out, t)
			continue
		}
		arg := args[a]
		if i+1 >= len(m.body) || !m.body[i+1].is("##") {
			if !done[a] {
				full[a], done[a] = p.expand(arg), true
			}
			arg = full[a]
		} else if len(arg) == 0 {
			// An empty operand of ## leaves the other operand alone.
			i++
			if i+1 < len(m.body) {
				i++
				if b := index(m.body[i]); b >= 0 {
					arg = args[b]
				} else {
					arg = m.body[i : i+1]
				}
			}
		}
		if p.budget -= len(arg); p.budget < 0 {
			p.fail(name, "macros expand to more than %d tokens", maxTokens)
		}
		for j, x := range arg {
			if j == 0 {
				x.space = t.space
			}
			out = append(out, x)
		}
	}
	return out
}

func (p *preprocessor) paste(name token, out []token, right token) []token {
	left := out[len(out)-1]
	joined := lex(p.file, left.text+right.text)
	if shift := left.is(">") && right.is(">"); len(joined) != 1 && !shift {
		p.fail(name, "macro %s pastes %q and %q, which is not one token", name.text, left.text, right.text)
	}
	out = out[:len(out)-1]
	for _, t := range joined {
		t.space, t.hide = left.space, left.hide.intersect(right.hide)
		out = append(out, t)
	}
	return out
}
