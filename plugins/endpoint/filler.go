package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
)

// common words, of one token each in most vocabularies; 64 of them, so that a
// word stands for six bits of a key.
var common = strings.Fields(`time year people way day man thing woman life child world school
	state family student group country problem hand part place case week company system program
	question work government number night point home water room mother area money story fact
	month lot right study book eye job word business issue side kind head house service friend
	father power hour game line end member law`)

// unlikeWords at the front of a prompt make it unlike others: 8·6 bits.
const unlikeWords = 8

// filler is n words, the same ones for the same index in every arm and round.
func filler(index, n int) []string {
	rng := rand.New(rand.NewPCG(uint64(index), 0x66696c6c))
	words := make([]string, n)
	for i := range words {
		words[i] = common[rng.IntN(len(common))]
	}
	return words
}

// unlike replaces the first words by the key's, or puts them in front of a
// prompt without filler.
func unlike(words []string, key uint64) []string {
	if len(words) == 0 {
		words = make([]string, unlikeWords)
	}
	for i := range min(unlikeWords, len(words)) {
		words[i] = common[key>>(6*i)&63]
	}
	return words
}

// tolerance of a prompt's length, in tokens: 1 %, or a word.
func tolerance(context int, perWord float64) int {
	return max(context/100, 4, int(math.Ceil(perWord)))
}

// mostFits bounds the requests that find one prompt's number of words.
const mostFits = 10

// fit finds how many words make a prompt of the wanted length, by the server's own count: a
// secant from two short prompts on. perWord is what is known of the number of
// tokens of a word, 0 for nothing yet.
func (x *configuration) fit(ctx context.Context, p *prompt, perWord float64) (float64, error) {
	want, seen, lastWords, lastTokens := x.Context, map[int]bool{}, 0, 0
	p.words = 16
	if perWord > 0 {
		p.words = max(int(float64(want)/perWord), 1)
	}
	for range mostFits {
		tokens, err := x.promptTokens(ctx, p)
		if err != nil {
			return perWord, err
		}
		p.promptTokens, seen[p.words] = tokens, true
		if p.words != lastWords && lastWords > 0 {
			if slope := float64(tokens-lastTokens) / float64(p.words-lastWords); slope > 0.1 {
				perWord = min(slope, 100)
			}
		}
		if d := tokens - want; max(d, -d) <= tolerance(want, perWord) {
			return perWord, nil
		}
		next := p.words * 4 // the second point of the secant
		if tokens > want {
			next = p.words / 4
		}
		if perWord > 0 {
			next = p.words + int(math.Round(float64(want-tokens)/perWord))
		}
		if next = max(next, 1); seen[next] {
			break
		}
		lastWords, lastTokens, p.words = p.words, tokens, next
	}
	if p.promptTokens > want {
		return perWord, fault("context", "context_too_short", "the prompt does not fit",
			fmt.Sprintf("with %d words of filler prompt %d has %d tokens, the server's own (template) included; context is %d", p.words, p.index+1, p.promptTokens, want))
	}
	return perWord, fault("context", "no_context", "no prompt of this length was found",
		fmt.Sprintf("%d words gave %d tokens of the wanted %d", p.words, p.promptTokens, want))
}

// promptTokens asks the server how long a prompt is.
func (x *configuration) promptTokens(ctx context.Context, p *prompt) (int, error) {
	a, err := x.ask(ctx, p, asking{tokens: 1})
	if err != nil {
		return 0, x.refused(err, fmt.Sprintf("asking for the length of a prompt of %d words", p.words))
	}
	if !a.prompted.known {
		return 0, fault("context", "no_usage", "the length of a prompt is not known",
			"the server's answer holds no usage.prompt_tokens, so that a prompt of a given length cannot be made: give prompts without context")
	}
	return a.prompted.n, nil
}

// fitAll fills every prompt up to context.
func (x *configuration) fitAll(ctx context.Context) error {
	if x.Context == 0 {
		return nil
	}
	perWord := 0.0
	for i := range x.prompts {
		x.Progress("prompts", float64(i)/float64(len(x.prompts)))
		var err error
		if perWord, err = x.fit(ctx, &x.prompts[i], perWord); err != nil {
			return err
		}
	}
	return nil
}
