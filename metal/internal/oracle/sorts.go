package main

// sorts are MLX's merge sorts: of what fits in a threadgroup, from strides (c) or from
// any number of axes (nc), and the steps of one of several blocks (mb).
func sorts() []family {
	return []family{
		kernels("sort", `(c|nc)(arg)?_block_sort_<T>_<T>_bn(\d+)_tn(\d+)`, blockSort),
		kernels("sort of blocks", `(sort|partition|merge)_mbsort_<T>_<T>_bn(\d+)_tn(\d+)`, sortBlocks),
	}
}

func blockSort(m []string) *plan {
	const count = 3
	in, out := dtypes[m[3]], dtypes[m[4]]
	threads, each := digits(m[5]), digits(m[6])
	n := threads*each - 9
	function := "block_sort"
	if m[1] == "nc" {
		function = "block_sort_nc"
	}
	p := of("utils.h sort.h", "%s<%s, %s, %t, %s, %s>", function, in.metal, out.metal, m[2] != "", m[5], m[6])
	p.buffer("inp", in, every(in, n*count, "inp", false)).out("out", out, n*count)
	p.set("size_sorted_axis", int32(n)).set("in_stride_sorted_axis", int32(1)).set("out_stride_sorted_axis", int32(1))
	if m[1] == "c" {
		p.set("in_stride_segment_axis", int32(n)).set("out_stride_segment_axis", int32(n))
	} else {
		p.set("nc_dim", int32(2)).set("nc_shape", []int32{3, 1})
		p.set("in_nc_strides", []int64{int64(n), 0}).set("out_nc_strides", []int64{int64(n), 0})
	}
	return p.groups(size(1, count, 1), size(threads, 1, 1))
}

// sortBlocks sorts two blocks and a part of one, or is a later step with input that
// the earlier ones could have made.
func sortBlocks(m []string) *plan {
	const blocks, tiles, count = 3, 2, 2
	t, index := dtypes[m[2]], dtypes[m[3]]
	threads, each := digits(m[4]), digits(m[5])
	block := threads * each
	n := (blocks-1)*block + 77
	args := []any{t.metal, index.metal, m[4], m[5]}
	sorted := ascending(t, n*count, block)
	switch m[1] {
	case "sort":
		p := of("utils.h sort.h", "mb_block_sort<%s, %s, true, %s, %s>", args...)
		p.buffer("inp", t, every(t, n*count, "inp", false)).out("out_vals", t, n*count).out("out_idxs", index, n*count)
		p.set("size_sorted_axis", int32(n)).set("stride_sorted_axis", int32(1))
		p.set("nc_dim", int32(1)).set("nc_shape", []int32{count}).set("nc_strides", []int64{int64(n)})
		return p.groups(size(blocks, count, 1), size(threads, 1, 1))
	case "partition":
		p := of("utils.h sort.h", "mb_block_partition<%s, %s, true, %s, %s>", args...)
		p.out("block_partitions", index, count*32).buffer("dev_vals", t, sorted).random("dev_idxs", index, n*count)
		p.set("size_sorted_axis", int32(n)).set("merge_tiles", int32(tiles)).set("n_blocks", int32(blocks))
		return p.groups(size(1, count, 1), size(32, 1, 1))
	}
	p := of("utils.h sort.h", "mb_block_merge<%s, %s, true, %s, %s>", args...)
	partitions := make([]uint32, count*(blocks+1))
	for i := range partitions { // each tile begins with its own block's first element
		partitions[i] = uint32(min(n, []int{0, block / 2, 2 * block, n}[i%(blocks+1)]))
	}
	p.set("block_partitions", partitions).buffer("dev_vals_in", t, sorted).random("dev_idxs_in", index, n*count)
	p.out("dev_vals_out", t, n*count).out("dev_idxs_out", index, n*count)
	p.set("size_sorted_axis", int32(n)).set("merge_tiles", int32(tiles)).set("num_tiles", int32(blocks))
	return p.groups(size(blocks, count, 1), size(threads, 1, 1))
}

// ascending are n numbers that rise within each block.
func ascending(t dtype, n, block int) []byte {
	lane := t.lane()
	data := make([]byte, n*t.size)
	for i := range n * t.size / lane.size {
		x := uint64(i*lane.size/t.size%block) * 100 / uint64(block)
		if lane.floating() {
			x = fromFloat(lane, float64(x))
		}
		put(data, lane.size, i, x)
	}
	return data
}
