// Package decoder is a whole language model on the kernels of metal/kernels: quantized
// embedding, attention over a growing cache, mixture-of-experts blocks or dense ones,
// head and greedy choice. A step is one recorded program; where it stands and which
// token it reads are on the device.
//
// The main path of a plugin: [Resolve] a configuration, [NewWeights], [NewCache] for a
// number of positions, [Cache.Fill] with a context, a [Decode] or [Prefill] for what is
// timed, whose Ops are recorded, and [Decode.Tokens] for fidelity.
package decoder
