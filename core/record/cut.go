package record

import "bytes"

// withoutSamples empties the samples of the visits of a round, which is valid JSON:
// to pass over them takes a small part of the time that reading them does.
func withoutSamples(round []byte) []byte {
	out := make([]byte, 0, min(len(round), 1<<16))
	depth, kept := 0, 0
	inVisits, key := false, []byte(nil)
	for i := 0; i < len(round); i++ {
		switch round[i] {
		case '"':
			end := stringEnd(round, i)
			if key = nil; end < len(round) && round[end] == ':' {
				key = round[i+1 : end-1]
				if depth == 1 {
					inVisits = string(key) == "visits"
				}
			}
			i = end - 1
		case '{', '[':
			if inVisits && depth == 3 && string(key) == "samples" {
				out = append(append(out, round[kept:i]...), "{}"...)
				kept = valueEnd(round, i)
				i = kept - 1
				continue
			}
			depth++
		case '}', ']':
			depth--
		}
	}
	return append(out, round[kept:]...)
}

// stringEnd is behind the string that begins at i.
func stringEnd(b []byte, i int) int {
	for i++; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(b)
}

// valueEnd is behind the object or list that begins at i. It looks at each byte once:
// searching for the next of these signs anew costs more, so close do they stand.
func valueEnd(b []byte, i int) int {
	for depth := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			i = stringEnd(b, i) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(b)
}

// withoutRound empties a round that no check of a variant is computed from.
func withoutRound(round []byte) []byte {
	if telling(round) {
		return withoutSamples(round)
	}
	return []byte("{}")
}

// telling says that checks of variants are computed from a round.
func telling(round []byte) bool {
	return bytes.Contains(round, []byte(`"outputs"`)) || bytes.Contains(round, []byte(`"numbers"`)) || hasFailed(round)
}

// hasFailed says that a check did not pass, however the document is laid out.
func hasFailed(round []byte) bool {
	for {
		_, rest, found := bytes.Cut(round, []byte(`"passed"`))
		if !found {
			return false
		}
		round = rest
		if bytes.HasPrefix(bytes.TrimLeft(rest, ": \t\r\n"), []byte("false")) {
			return true
		}
	}
}

// withoutRounds leaves those rounds out of a document's cases that no check of a variant
// is computed from, and the samples of the others. To find where they end takes a small
// part of the time that reading them as JSON does; what is wrong inside a round that is
// left out is not seen.
func withoutRounds(document []byte) []byte {
	out := make([]byte, 0, min(len(document), 1<<16))
	depth, kept := 0, 0
	inCases, key := false, []byte(nil)
	for i := 0; i < len(document); i++ {
		switch document[i] {
		case '"':
			end := stringEnd(document, i)
			if key = nil; end < len(document) && document[end] == ':' {
				key = document[i+1 : end-1]
				if depth == 1 {
					inCases = string(key) == "cases"
				}
			}
			i = end - 1
		case '{', '[':
			if inCases && depth == 3 && document[i] == '[' && string(key) == "rounds" {
				end := valueEnd(document, i)
				out = appendCut(append(out, document[kept:i]...), document[i:end])
				kept, i = end, end-1
				continue
			}
			depth++
		case '}', ']':
			depth--
		}
	}
	return append(out, document[kept:]...)
}

// appendCut appends what is left of a list of rounds.
func appendCut(out, list []byte) []byte {
	out = append(out, '[')
	for first := true; ; {
		begins := bytes.IndexByte(list, '{')
		if begins < 0 {
			return append(out, ']')
		}
		ends := valueEnd(list, begins)
		if round := list[begins:ends]; telling(round) {
			if !first {
				out = append(out, ',')
			}
			out, first = append(out, withoutSamples(round)...), false
		}
		list = list[ends:]
	}
}
