package sdk

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/assay-bench/assay/core/proto/pluginv1"
)

func nameStep(name string) *pluginv1.PathStep {
	return &pluginv1.PathStep{Step: &pluginv1.PathStep_Name{Name: name}}
}

func indexStep(i int) *pluginv1.PathStep {
	return &pluginv1.PathStep{Step: &pluginv1.PathStep_Index{Index: int64(i)}}
}

func keyStep(key string) *pluginv1.PathStep {
	return &pluginv1.PathStep{Step: &pluginv1.PathStep_Key{Key: key}}
}

// parsePath reads `layers[2].bits` and `scale["up"]`.
func parsePath(text string) ([]*pluginv1.PathStep, error) {
	var steps []*pluginv1.PathStep
	for rest := text; rest != ""; {
		if rest[0] == '[' && len(steps) > 0 {
			step, after, err := bracket(rest[1:])
			if err != nil {
				return nil, fmt.Errorf("path %q: %w", text, err)
			}
			steps, rest = append(steps, step), after
			continue
		}
		if len(steps) > 0 {
			after, ok := strings.CutPrefix(rest, ".")
			if !ok {
				return nil, fmt.Errorf("path %q: a dot must come before %q", text, rest)
			}
			rest = after
		}
		end := strings.IndexAny(rest, ".[]")
		if end < 0 {
			end = len(rest)
		}
		if end == 0 {
			return nil, fmt.Errorf("path %q: a name is empty", text)
		}
		steps, rest = append(steps, nameStep(rest[:end])), rest[end:]
	}
	return steps, nil
}

// bracket reads `3]` or `"key"]`.
func bracket(s string) (step *pluginv1.PathStep, after string, err error) {
	if quoted, err := strconv.QuotedPrefix(s); err == nil {
		key, err := strconv.Unquote(quoted)
		if err != nil {
			return nil, "", err
		}
		after, ok := strings.CutPrefix(s[len(quoted):], "]")
		if !ok {
			return nil, "", errors.New("a ] is missing")
		}
		return keyStep(key), after, nil
	}
	number, after, ok := strings.Cut(s, "]")
	if !ok {
		return nil, "", errors.New("a ] is missing")
	}
	i, err := strconv.Atoi(number)
	if err != nil || i < 0 {
		return nil, "", fmt.Errorf("[%s] is neither an index nor a quoted key", number)
	}
	return indexStep(i), after, nil
}

// pathText is the inverse of parsePath.
func pathText(steps []*pluginv1.PathStep) string {
	var b strings.Builder
	for _, s := range steps {
		switch s := s.GetStep().(type) {
		case *pluginv1.PathStep_Name:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(s.Name)
		case *pluginv1.PathStep_Index:
			fmt.Fprintf(&b, "[%d]", s.Index)
		case *pluginv1.PathStep_Key:
			fmt.Fprintf(&b, "[%q]", s.Key)
		}
	}
	return b.String()
}
