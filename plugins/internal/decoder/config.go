package decoder

import (
	"fmt"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/plugins/internal/moe"
)

// Config is what a plugin's configuration says about a model beside moe.Spec; plugins
// embed it.
type Config struct {
	Context        int     `assay:"context" help:"of a model: tokens before decode and prefill begin; the last of them is what the first step of decode reads" default:"512" min:"1" max:"131072"`
	ContextFill    string  `assay:"context_fill" help:"of a model: prompt passes the context's tokens through it; random draws keys and values, which takes no time at any depth" default:"prompt" oneof:"prompt,random"`
	Chunk          int     `assay:"chunk" help:"of a model: most tokens of a prompt that are computed together" default:"512" min:"1" max:"4096"`
	DecodeTokens   int     `assay:"decode_tokens" help:"of a model: tokens after which decode goes back to the end of the context" default:"64" min:"1" max:"4096"`
	LogitTolerance float64 `assay:"logit_tolerance" help:"of a model: largest distance of the first logits from the unfused one's, relative to their length" default:"0.05" min:"0"`
}

// Scope is the `scope` in which plugins ask about a whole model.
const Scope = "model"

// Question is what is asked of a model.
type Question struct {
	Config
	Spec     moe.Spec
	Tokens   int // sequences decoded together: a model decodes one
	Vocab    int // tokens whose embedding and head are made; 0: all
	Prompt   int // tokens of a prefill
	Fidelity int // greedy tokens that are compared with the unfused model's
}

// Resolve finds the model, and every fault of the question.
func (q Question) Resolve() (Model, []sdk.Diagnostic) {
	m, faults := Resolve(q.Spec, q.Vocab)
	if q.Tokens != 1 {
		faults = append(faults, fault("tokens", "a model decodes one sequence", "leave tokens out, or take another scope than %q", Scope))
	}
	if q.Fidelity > q.DecodeTokens {
		faults = append(faults, fault("fidelity_tokens", "more tokens than decode goes on for", "decode goes back to the context after decode_tokens = %d", q.DecodeTokens))
	}
	return m, faults
}

// first is the position that decode and prefill begin at: the last of the context's
// tokens is not cached, but read by the first step.
func (q Question) first() int { return q.Context - 1 }

// Bytes is about the device memory of weights and of a cache for each phase.
func (q Question) Bytes() int64 {
	m, faults := q.Resolve()
	if len(faults) > 0 {
		return 0
	}
	return m.Bytes() + m.CacheBytes(2*q.first()+q.DecodeTokens+q.Prompt)
}

func (q Question) facts(m Model) map[string]string {
	facts := m.Facts()
	facts["scope"] = Scope
	facts["context"], facts["context_fill"] = fmt.Sprint(q.Context), q.ContextFill
	return facts
}
