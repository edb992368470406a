package moe

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/assay-bench/assay/metal/quant"
)

// family is where checkpoints of a model_type, as mlx-lm writes them, keep a
// layer's experts, and what config.json calls their numbers.
type family struct {
	types   []string // model_type; none: of those that no other family has
	experts string   // folder of a layer's gate_proj, up_proj and down_proj
	shared  string   // folder of the experts that every token passes; empty: none, or left out
	count   string   // key of the number of experts
	inner   string   // key of the width of one expert's FFN
	left    string   // what of the block is not measured
}

var families = []family{
	{types: []string{"qwen3_moe"}, experts: "mlp.switch_mlp", count: "num_experts", inner: "moe_intermediate_size"},
	{
		types: []string{"qwen2_moe"}, experts: "mlp.switch_mlp", count: "num_experts", inner: "moe_intermediate_size",
		left: "the shared expert, which has a gate of its own",
	},
	{types: []string{"lfm2_moe"}, experts: "feed_forward.switch_mlp", count: "num_experts", inner: "moe_intermediate_size"},
	{
		types: []string{"glm4_moe_lite"}, experts: "mlp.switch_mlp", shared: "mlp.shared_experts",
		count: "n_routed_experts", inner: "moe_intermediate_size",
	},
	{types: []string{"olmoe"}, experts: "mlp.switch_mlp", count: "num_experts", inner: "intermediate_size"},
	{types: []string{"mixtral"}, experts: "block_sparse_moe.switch_mlp", count: "num_local_experts", inner: "intermediate_size"},
	{
		types: []string{"gpt_oss"}, experts: "mlp.experts", count: "num_local_experts", inner: "intermediate_size",
		left: "biases of the projections, and limits in SwiGLU",
	},
	{experts: "mlp.switch_mlp", count: "num_experts", inner: "moe_intermediate_size", left: "shared experts, if the model has any"},
}

// familyOf finds the family of a model_type; the last one is everything else.
func familyOf(modelType string) family {
	i := slices.IndexFunc(families, func(f family) bool { return slices.Contains(f.types, modelType) })
	if i < 0 {
		i = len(families) - 1
	}
	return families[i]
}

// knownTypes are those of all families.
func knownTypes() (names []string) {
	for _, f := range families {
		names = append(names, f.types...)
	}
	return names
}

const layerPrefix = "model.layers."

// layers lists those that have experts, ascending, and how many there are in all.
func (f family) layers(c *quant.Checkpoint) (numbers []int, all int) {
	for _, name := range c.Names() {
		rest, ok := strings.CutPrefix(name, layerPrefix)
		number, part, _ := strings.Cut(rest, ".")
		n, err := strconv.Atoi(number)
		if !ok || err != nil || n < 0 || n > mostLayers {
			continue
		}
		all = max(all, n+1)
		if rest, ok := strings.CutPrefix(part, f.experts+"."); ok && !slices.Contains(numbers, n) && strings.Contains(rest, "_proj.") {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers, all
}

// mostLayers bounds the numbers of layers that names of tensors are believed.
const mostLayers = 1 << 16

// prefix is where a part of a layer lies.
func (f family) prefix(layer int, p part) string {
	folder := f.experts
	if p >= sharedGate {
		folder = f.shared
	}
	return fmt.Sprintf("%s%d.%s.%s", layerPrefix, layer, folder, [...]string{"gate_proj", "up_proj", "down_proj"}[p%3])
}
