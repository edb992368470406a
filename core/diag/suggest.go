package diag

import (
	"fmt"
	"strings"

	"github.com/agext/levenshtein"
)

// Suggest returns the candidate closest to given, or "" when none is close
// enough to be what was meant. Earlier candidates win a tie.
func Suggest(given string, candidates []string) string {
	best, bestDistance := "", max(2, len(given)/3)+1
	for _, c := range candidates {
		if c == given {
			continue
		}
		d := levenshtein.Distance(strings.ToLower(given), strings.ToLower(c), nil)
		if d == 2 && given != "" && len(given) <= shortName && !strings.EqualFold(given[:1], c[:min(1, len(c))]) {
			continue
		}
		// A short name is not "close" to another short name that shares
		// nothing with it.
		if d < bestDistance && d < max(len(given), len(c)) {
			best, bestDistance = c, d
		}
	}
	return best
}

// shortName is the length up to which two wrong letters make another word, unless
// the first is right: "env" is not "int", and "bda" is "bad".
const shortName = 4

// DidYouMean returns the sentence that follows "there is no X named given":
// the suggestion if there is one, else what there is to choose from. what
// names the choices in the plural ("phases").
func DidYouMean(given, what string, candidates []string) string {
	if s := Suggest(given, candidates); s != "" {
		return fmt.Sprintf("Did you mean %q?", s)
	}
	if len(candidates) == 0 {
		return fmt.Sprintf("There are no %s.", what)
	}
	return fmt.Sprintf("The %s are: %s.", what, List(candidates))
}

// List joins names with commas, quoted not at all, and cut after twenty.
func List(names []string) string {
	const most = 20
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}
