package metal

import "strings"

// scanner finds the preprocessor directives of a text, line by line. It only
// remembers whether a line begins in a comment.
type scanner struct{ comment bool }

// directive is the directive of a line and what follows it; empty where there is none.
func (s *scanner) directive(line string) (word, rest string) {
	code := s.code(line)
	code, ok := strings.CutPrefix(strings.TrimSpace(code), "#")
	if !ok {
		return "", ""
	}
	code = strings.TrimSpace(code)
	end := 0
	for end < len(code) && code[end] >= 'a' && code[end] <= 'z' {
		end++
	}
	return code[:end], strings.TrimSpace(code[end:])
}

// code is a line without its comments.
func (s *scanner) code(line string) string {
	var b strings.Builder
	for i := 0; i < len(line); i++ {
		switch {
		case s.comment:
			if strings.HasPrefix(line[i:], "*/") {
				s.comment = false
				b.WriteByte(' ')
				i++
			}
		case strings.HasPrefix(line[i:], "//"):
			return b.String()
		case strings.HasPrefix(line[i:], "/*"):
			s.comment = true
			i++
		case strings.HasPrefix(line[i:], `'"'`):
			i += 2
		case line[i] == '"':
			end := i + 1
			for end < len(line) && line[end] != '"' && line[end] != '\n' {
				if line[end] == '\\' {
					end++
				}
				end++
			}
			end = min(end, len(line)-1)
			b.WriteString(line[i : end+1])
			i = end
		default:
			b.WriteByte(line[i])
		}
	}
	return b.String()
}

// includePath reads "path" or <path>.
func includePath(operand string) (named string, quoted, ok bool) {
	if len(operand) < 3 {
		return "", false, false
	}
	closing := map[byte]string{'"': `"`, '<': ">"}[operand[0]]
	named, _, ok = strings.Cut(operand[1:], closing)
	return named, operand[0] == '"', ok && closing != "" && named != ""
}

// pragmaOnce reports whether a file says that it counts once.
func pragmaOnce(text string) bool {
	if !strings.Contains(text, "once") {
		return false
	}
	s := scanner{}
	for line := range strings.Lines(text) {
		if word, rest := s.directive(line); word == "pragma" && rest == "once" {
			return true
		}
	}
	return false
}

// includeGuard reports whether a file is, to its end, one #ifndef of a macro that
// it then defines.
func includeGuard(text string) bool {
	s, macro := scanner{}, ""
	depth, directives := 0, 0
	closed := false
	for line := range strings.Lines(text) {
		before := s
		word, rest := s.directive(line)
		if code := strings.TrimSpace(before.code(line)); code != "" && (directives == 0 && word != "ifndef" || closed) && word != "pragma" {
			return false
		}
		if word == "" || word == "pragma" {
			continue
		}
		directives++
		switch {
		case directives == 1:
			macro = rest
		case directives == 2:
			if defined, _, _ := strings.Cut(rest, " "); word != "define" || defined != macro {
				return false
			}
		}
		switch word {
		case "if", "ifdef", "ifndef":
			depth++
		case "else", "elif":
			if depth == 1 {
				return false
			}
		case "endif":
			depth--
			closed = depth == 0
		}
	}
	return closed
}
