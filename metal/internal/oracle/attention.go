package main

// attention are the kernels of one query or few (vector), and of many by simdgroup
// matrices (steel).
func attention() []family {
	return []family{
		kernels("attention of a query", `sdpa_vector_<M>_(\d+)_(\d+)`, attendOne),
		kernels("attention in 2 passes", `sdpa_vector_2pass_1_(?:gqa_(\d+)_)?<M>_(\d+)_(\d+)(_tk1)?`, attendBlocks),
		kernels("attention in 2 passes", `sdpa_vector_2pass_2_<M>_(\d+)`, attendMerge),
		kernels("steel attention", `steel_attention_<F>_bq(\d+)_bk(\d+)_bd(\d+)_bv(\d+)_wm(\d+)_wn(\d+)_mask<T>`, steelAttention),
		kernels("blocked attention", `sdpa_blocked_(scale_copy|causal_mask)_<F>`, blockedAttention),
	}
}

const attentionScale = float32(0.11)

// keysAndValues binds 2 heads of n keys and values, and their strides.
func (p *plan) keysAndValues(t dtype, heads, n, d, v int) *plan {
	p.random("keys", t, heads*n*d).random("values", t, heads*n*v)
	p.set("k_head_stride", uint64(n*d)).set("k_seq_stride", uint64(d))
	p.set("v_head_stride", uint64(n*v)).set("v_seq_stride", uint64(v))
	return p.set("N", int32(n)).set("scale", attentionScale)
}

// attentionMask sets the function constants, and a mask: of numbers for float, of
// flags for bfloat16, and for float16 a causal one.
func (p *plan) attentionMask(t dtype, heads, queries, n int, more map[int]any) *plan {
	isFloat, isBool := t.kind == single, t.kind == bfloat
	for i, v := range map[int]any{20: isFloat || isBool, 21: false, 22: t.kind == half, 23: isBool, 24: isFloat, 25: isBool} {
		p.constant(i, v)
	}
	for i, v := range more {
		p.constant(i, v)
	}
	p.random("bmask", dtypes["bool_"], heads*queries*n).random("fmask", t, heads*queries*n).random("sinks", t, heads)
	return p.set("mask_kv_seq_stride", int32(1)).set("mask_q_seq_stride", int32(n)).set("mask_head_stride", int32(queries*n)).set("num_q_heads", int32(heads))
}

func attendOne(m []string) *plan {
	const heads, queries, keys = 4, 3, 70
	t, d, v := dtypes[m[1]], digits(m[2]), digits(m[3])
	p := of("utils.h sdpa_vector.h", "sdpa_vector<%s, %d, %d>", t.metal, d, v)
	p.random("queries", t, heads*queries*d).keysAndValues(t, heads/2, keys, d, v).out("out", t, heads*queries*v)
	p.set("gqa_factor", int32(2)).attentionMask(t, heads, queries, keys, nil)
	return p.groups(size(heads, queries, 1), size(1024, 1, 1))
}

func attendBlocks(m []string) *plan {
	const kvHeads, keys, blocks = 2, 150, 32
	t, d, v := dtypes[m[2]], digits(m[3]), digits(m[4])
	shared, queries := 2, 2
	p := of("utils.h sdpa_vector.h", "sdpa_vector_2pass_1<%s, %d, %d>", t.metal, d, v)
	if m[5] != "" {
		p = of("utils.h sdpa_vector.h", "sdpa_vector_2pass_1<%s, %d, %d, 1>", t.metal, d, v)
	}
	if m[1] != "" {
		shared, queries = digits(m[1]), 1
		each := 4 // heads of a thread
		switch {
		case d == 64:
			each = 8
		case shared == 16:
			each = 2
		}
		p = of("utils.h sdpa_vector.h", "sdpa_vector_2pass_1_gqa<%s, %d, %d, %d, %d>", t.metal, d, v, shared, each)
	}
	heads := kvHeads * shared
	p.random("queries", t, heads*queries*d).keysAndValues(t, kvHeads, keys, d, v)
	p.out("out", t, heads*queries*blocks*v).out("sums", dtypes["float32"], heads*queries*blocks).out("maxs", dtypes["float32"], heads*queries*blocks)
	p.attentionMask(t, heads, queries, keys, map[int]any{26: int32(blocks)})
	return p.groups(size(kvHeads, 1, blocks), size(32, shared, queries))
}

func attendMerge(m []string) *plan {
	const heads, queries, blocks = 3, 2, 64
	t, d, f := dtypes[m[1]], digits(m[2]), dtypes["float32"]
	p := of("utils.h sdpa_vector.h", "sdpa_vector_2pass_2<%s, %d>", t.metal, d)
	p.random("partials", t, heads*queries*blocks*d).random("sums", f, heads*queries*blocks).random("maxs", f, heads*queries*blocks)
	p.out("out", t, heads*queries*d).set("blocks", int32(blocks)).constant(26, int32(blocks))
	return p.groups(size(heads, queries, 1), size(1024, 1, 1))
}

// attentionParams is MLX's AttnParams.
type attentionParams struct {
	B, H, D, QL, KL, Shared                             int32
	Scale                                               float32
	NQ, NK, NQAligned, NKAligned, QRest, KRest, QOffset int32
	QStrides, KStrides, VStrides, OStrides              [3]int64
}

// steelAttention is of queries and keys that end inside a block, causal with a
// mask of numbers, and not with one of flags.
func steelAttention(m []string) *plan {
	const heads, queries, keys = 2, 45, 70
	t, mask := dtypes[m[1]], dtypes[m[8]]
	bq, bk, d, v := digits(m[2]), digits(m[3]), digits(m[4]), digits(m[5])
	p := of("utils.h steel/attn/kernels/steel_attention.h", "attention<%s, %d, %d, %d, %d, %s, %s, %s, float>", t.metal, bq, bk, d, v, m[6], m[7], mask.metal)
	p.random("Q", t, heads*queries*d).random("K", t, heads*keys*d).random("V", t, heads*keys*v).out("O", t, heads*queries*v)
	rows := func(n, d int) [3]int64 { return [3]int64{int64(heads * n * d), int64(n * d), int64(d)} }
	p.set("params", attentionParams{
		1, heads, int32(d), queries, keys, 1, attentionScale,
		int32(ceil(queries, bq)), int32(ceil(keys, bk)), int32(queries / bq), int32(keys / bk), int32(queries % bq), int32(keys % bk), keys - queries,
		rows(queries, d), rows(keys, d), rows(keys, v), rows(queries, v),
	})
	p.set("mask_params", []int64{heads * queries * keys, queries * keys, keys}).random("mask", mask, heads*queries*keys)
	p.random("sinks", t, heads).out("lse", dtypes["float32"], heads*queries)
	flags := mask.kind == boolean
	for i, on := range map[int]bool{200: false, 201: false, 300: flags || t.kind != half, 301: !flags, 302: flags, 303: t.kind == single} {
		p.constant(i, on)
	}
	return p.groups(size(ceil(queries, bq), heads, 1), size(32, digits(m[6]), digits(m[7])))
}

func blockedAttention(m []string) *plan {
	t := dtypes[m[2]]
	if m[1] == "causal_mask" {
		const rows, columns = 13, 37
		p := of("utils.h sdpa_blocked.h", "sdpa_blocked_causal_mask<%s>", t.metal)
		p.random("scores", t, 2*rows*columns).set("tile_rows", int32(rows)).set("columns", int32(columns))
		return p.threads(size(rows, 2*rows, 1), size(8, 8, 1))
	}
	const heads, rows, d, total = 3, 7, 21, 11
	p := of("utils.h sdpa_blocked.h", "sdpa_blocked_scale_copy<%s>", t.metal)
	p.random("q", t, 2*heads*total*d).out("q_block", t, 2*heads*rows*d).set("scale", attentionScale)
	p.set("q_strides", []int64{heads * total * d, total * d, d}).set("heads", int32(heads)).set("rows", int32(rows)).set("head_dim", int32(d)).set("q_offset", int32(4))
	return p.threads(size(d, rows, 2*heads), size(8, 4, 2))
}
