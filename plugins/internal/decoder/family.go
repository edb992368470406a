package decoder

import (
	"slices"
	"strings"
)

// family is how checkpoints of a model_type, as mlx-lm writes them, differ from one
// another.
type family struct {
	modelType string
	qkNorm    bool
	router    string // of a layer with experts; empty: the model has none
}

func families() []family {
	return []family{
		{modelType: "qwen3_moe", qkNorm: true, router: "mlp.gate"},
		{modelType: "mixtral", router: "block_sparse_moe.gate"},
		{modelType: "qwen3", qkNorm: true},
		{modelType: "llama"},
		{modelType: "mistral"},
	}
}

// absent is why a model_type is no decoder here.
func absent() map[string]string {
	return map[string]string{
		"lfm2": "short convolutions", "lfm2_moe": "short convolutions",
		"glm4_moe_lite": "multi-head latent attention", "deepseek_v2": "multi-head latent attention", "deepseek_v3": "multi-head latent attention",
		"gpt_oss":   "attention sinks and biases",
		"qwen2":     "biases of queries, keys and values",
		"qwen2_moe": "biases of queries, keys and values, and a shared expert with a gate",
		"olmoe":     "norms over all heads together",
	}
}

// familyOf finds the family of a model_type, or says why there is none.
func familyOf(modelType string) (family, string) {
	i := slices.IndexFunc(families(), func(f family) bool { return f.modelType == modelType })
	if i >= 0 {
		return families()[i], ""
	}
	var known []string
	for _, f := range families() {
		known = append(known, f.modelType)
	}
	why := "this decoder does not know it"
	if lacks, ok := absent()[modelType]; ok {
		why = "it has " + lacks + ", and this decoder has none"
	}
	return family{}, why + "; known are " + strings.Join(known, ", ")
}
