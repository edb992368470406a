// Package moe is the mixture-of-experts block that the first-party plugins
// measure: model shapes, their weights, expert selections that keep caches cold,
// the block's dispatches in every form that exists (separate or fused), and
// stage-by-stage comparison with the float64 reference.
//
// The main path of a plugin: [Spec.Resolve] a configuration, [NewExperts] or, for
// more of a model, [Layers] for the weights, [NewInputs] for a phase,
// [Block.Dispatches] per iteration, hand them to kernels.Replay, and give
// [Block.Verify] as Verify.
package moe
