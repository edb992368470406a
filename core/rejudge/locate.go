package rejudge

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/assay-bench/assay/core/record"
)

// locate says in words where in the document a path leads.
func locate(r *record.Result, path []string) string {
	if len(path) > 2 && path[0] == "selections" {
		if x, rest := element(r.Selections, path[1:]); x != nil {
			where := "select " + x.Name
			if x.Case != "default" {
				where += " in case " + x.Case
			}
			return where + ": " + strings.Join(rest, " ")
		}
	}
	if len(path) < 2 || path[0] != "cases" {
		return strings.Join(path, " ")
	}
	c, rest := element(r.Cases, path[1:])
	if c == nil {
		return strings.Join(path, " ")
	}
	return fmt.Sprintf("case %s, %s", c.ID, inCase(c, rest))
}

func inCase(c *record.Case, path []string) string {
	if len(path) == 0 {
		return "as a whole"
	}
	switch path[0] {
	case "variants":
		if v, rest := element(c.Variants, path[1:]); v != nil {
			if len(rest) >= 2 && rest[0] == "phases" {
				return fmt.Sprintf("%s in %s: %s", v.Name, rest[1], strings.Join(rest[2:], " "))
			}
			return fmt.Sprintf("%s: %s", v.Name, strings.Join(rest, " "))
		}
	case "controls":
		if k, rest := element(c.Controls, path[1:]); k != nil {
			return fmt.Sprintf("control in %s: %s", k.Phase, strings.Join(rest, " "))
		}
	case "judgements":
		if j, rest := element(c.Judgements, path[1:]); j != nil {
			return fmt.Sprintf("guardrail %s, %s in %s: %s", j.Guardrail, j.Variant, j.Of(), strings.Join(rest, " "))
		}
	case "asserts":
		if a, rest := element(c.Asserts, path[1:]); a != nil {
			return fmt.Sprintf("assert %s, %s: %s", a.Name, a.Variant, strings.Join(rest, " "))
		}
	case "races":
		if x, rest := element(c.Races, path[1:]); x != nil {
			if len(rest) > 1 && rest[0] == "rounds" {
				if d, rest := element(x.Rounds, rest[1:]); d != nil {
					return "race of select " + x.Select + ", " + inRound(d, rest)
				}
			}
			return "race of select " + x.Select + ": " + strings.Join(rest, " ")
		}
	case "looks":
		if l, rest := element(c.Looks, path[1:]); l != nil {
			return fmt.Sprintf("look at %d rounds: %s", l.Rounds, strings.Join(rest, " "))
		}
	case "rounds":
		if d, rest := element(c.Rounds, path[1:]); d != nil {
			return inRound(d, rest)
		}
	}
	return strings.Join(path, " ")
}

func inRound(d *record.Round, path []string) string {
	where := fmt.Sprintf("round %d", d.Index)
	if d.Attempt > 1 {
		where += fmt.Sprintf(" (attempt %d)", d.Attempt)
	}
	if len(path) < 2 || path[0] != "visits" {
		return where + ": " + strings.Join(path, " ")
	}
	v, rest := element(d.Visits, path[1:])
	if v == nil {
		return where + ": " + strings.Join(path, " ")
	}
	where += fmt.Sprintf(", visit %d of %s in %s", v.Index, v.Variant, v.Phase)
	if len(rest) == 3 && rest[0] == "samples" {
		if n, err := strconv.Atoi(rest[2]); err == nil {
			return fmt.Sprintf("%s, sample %d: %s", where, n+1, rest[1])
		}
	}
	return where + ": " + strings.Join(rest, " ")
}

// element follows one index of a path. It is nil when the list has none there.
func element[T any](list []T, path []string) (*T, []string) {
	if len(path) == 0 {
		return nil, nil
	}
	i, err := strconv.Atoi(path[0])
	if err != nil || i < 0 || i >= len(list) {
		return nil, path
	}
	return &list[i], path[1:]
}
