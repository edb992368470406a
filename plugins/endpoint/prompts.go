package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/metal/regular"
)

// Bounds of a file of prompts.
const (
	maxPromptFile = 256 << 20
	maxPrompts    = 1000
)

// prompt is one of the prompts, with the words that fill it up.
type prompt struct {
	index    int
	text     string    // of a plain prompt
	messages []chatter // of a conversation; nil: plain
	words    int       // of filler in front

	promptTokens, outputTokens int // seen in preparation
}

type chatter struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// promptList is the file's prompts or, without one, as many that are only filler as run at once.
func (s *settings) promptList() ([]prompt, error) {
	if s.Prompts == "" {
		list := make([]prompt, s.Concurrency)
		for i := range list {
			list[i].index = i
		}
		return list, nil
	}
	list, err := readPrompts(s.Prompts)
	if err != nil {
		return nil, err
	}
	for _, p := range list {
		if p.messages != nil && s.API == completions {
			return nil, fault("api", "messages", "a conversation is no completion",
				fmt.Sprintf("prompt %d of %s has messages: leave api out, or write \"chat\"", p.index+1, s.Prompts))
		}
	}
	return list, nil
}

func readPrompts(path string) ([]prompt, error) {
	bad := func(detail string) sdk.Diagnostic {
		return fault("prompts", "bad_prompts", "no prompts", path+": "+detail)
	}
	data, err := regular.Read(path, maxPromptFile)
	switch {
	case errors.Is(err, regular.ErrIrregular):
		return nil, bad("it is not a file")
	case errors.Is(err, regular.ErrTooLarge):
		return nil, bad(fmt.Sprintf("it is larger than %d MiB", maxPromptFile>>20))
	case err != nil:
		return nil, bad(err.Error())
	}
	json := strings.EqualFold(filepath.Ext(path), ".jsonl")
	var list []prompt
	for i, l := range bytes.Split(data, []byte("\n")) {
		l = bytes.TrimSuffix(l, []byte("\r"))
		if len(bytes.TrimSpace(l)) == 0 {
			continue
		}
		p := prompt{text: string(l)}
		if json {
			if p, err = parsePrompt(l); err != nil {
				return nil, bad(fmt.Sprintf("line %d: %v", i+1, err))
			}
		}
		p.index = len(list)
		list = append(list, p)
	}
	switch {
	case len(list) == 0:
		return nil, bad("it is empty")
	case len(list) > maxPrompts:
		return nil, bad(fmt.Sprintf("it has %d prompts, and a sample asks all of them: at most %d", len(list), maxPrompts))
	}
	return list, nil
}

func parsePrompt(line []byte) (prompt, error) {
	var o struct {
		Prompt   *string   `json:"prompt"`
		Messages []chatter `json:"messages"`
	}
	if err := json.Unmarshal(line, &o); err != nil {
		return prompt{}, fmt.Errorf("%w; write {\"prompt\": \"…\"} or {\"messages\": [{\"role\": \"user\", \"content\": \"…\"}]}", err)
	}
	switch {
	case o.Prompt != nil && o.Messages == nil && *o.Prompt != "":
		return prompt{text: *o.Prompt}, nil
	case o.Prompt == nil && len(o.Messages) > 0:
		return prompt{messages: o.Messages}, nil
	}
	return prompt{}, fmt.Errorf("needs either a prompt or messages: %s", shown(line))
}

// render is the prompt as it is sent. A key other than 0 makes its first words
// unlike those of any other key, so that no cache of prefixes knows it.
func (p *prompt) render(key uint64) (string, []chatter) {
	words := filler(p.index, p.words)
	if key != 0 {
		words = unlike(words, key)
	}
	front := strings.Join(words, " ")
	join := func(text string) string {
		if front == "" || text == "" {
			return front + text
		}
		return front + "\n\n" + text
	}
	if p.messages == nil {
		return join(p.text), nil
	}
	list := append([]chatter(nil), p.messages...)
	list[0].Content = join(list[0].Content)
	return "", list
}
