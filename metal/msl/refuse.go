package msl

// refused are identifiers of Metal features outside the compute subset, with
// the name of the feature. They are refused wherever they stand, because none
// of them is a name that a kernel would use for something else.
var refused = map[string]string{
	"texture_buffer": "textures", "texturecube": "textures", "texturecube_array": "textures",
	"texture1d": "textures", "texture1d_array": "textures", "texture2d": "textures", "texture2d_array": "textures",
	"texture2d_ms": "textures", "texture2d_ms_array": "textures", "texture3d": "textures",
	"depth2d": "textures", "depth2d_array": "textures", "depth2d_ms": "textures", "depth2d_ms_array": "textures",
	"depthcube": "textures", "depthcube_array": "textures",
	"visible_function_table": "visible functions", "intersection_function_table": "ray tracing", "intersector": "ray tracing",
	"intersection_query": "ray tracing", "acceleration_structure": "ray tracing", "instance_acceleration_structure": "ray tracing",
	"primitive_acceleration_structure": "ray tracing", "raytracing": "ray tracing", "ray_data": "ray tracing",
	"mesh_grid_properties": "mesh shaders", "object_data": "mesh shaders",
	"imageblock": "imageblocks", "threadgroup_imageblock": "imageblocks", "imageblock_data": "imageblocks",
	"command_buffer": "indirect command buffers", "render_command": "indirect command buffers", "compute_command": "indirect command buffers",
	"tensor_ops": "Metal tensors", "tensor_handle": "Metal tensors", "tensor_inline": "Metal tensors", "mpp": "Metal tensors",
	"cooperative_tensor":  "Metal tensors",
	"patch_control_point": "tessellation", "interpolant": "render functions", "rasterizer_order_group": "render functions",
	"double": "double precision", "__asm__": "inline assembly", "__asm": "inline assembly", "asm": "inline assembly",
	"ext_vector_type": "vector attributes", "__ext_vector_type__": "vector attributes", "vector_size": "vector attributes", "__vector_size__": "vector attributes",
	"dynamic_cast": "run-time types", "typeid": "run-time types", "thread_local": "thread_local", "virtual": "virtual functions",
	"throw": "exceptions", "try": "exceptions", "catch": "exceptions", "new": "dynamic allocation", "delete": "",
}

// refusedFunctions are function qualifiers, as a keyword or an attribute.
var refusedFunctions = map[string]string{
	"vertex": "vertex functions", "fragment": "fragment functions", "mesh": "mesh shaders", "object": "mesh shaders",
	"visible": "visible functions", "stitchable": "visible functions", "intersection": "ray tracing", "tile": "tile functions",
}

// refusedAttributes are argument attributes that only refused features have.
var refusedAttributes = map[string]string{
	"texture": "textures", "sampler": "samplers", "stage_in": "stage_in arguments", "color": "render functions",
	"position": "render functions", "payload": "ray tracing", "id": "argument buffers", "imageblock_data": "imageblocks",
	"raster_order_group": "render functions", "attribute": "vertex functions",
}

// instead says what to write in place of a refused feature, where something serves.
var instead = map[string]string{
	"textures": "use a device buffer", "samplers": "read a device buffer and weigh its values yourself", "argument buffers": "give each buffer an argument of its own",
	"Metal tensors":      "multiply with simdgroup_matrix",
	"double precision":   "use float",
	"dynamic allocation": "use an array of a fixed size, or a device buffer", "virtual functions": "use a template", "exceptions": "return a code", "thread_local": "declare it in the kernel",
	"vector attributes": "write vec<T, N>",
	"visible functions": "use a template, or a function constant to choose", "arrays of resources": "give each buffer an argument of its own",
}

// outside refuses a construct of a feature that is outside the subset.
func (u *Unit) outside(t token, construct, spelled, feature string) fault {
	hint := ""
	if text := instead[feature]; text != "" {
		hint = text + "; "
	}
	return fault{u.errorAt(t, construct, "%s: outside the supported compute subset (%s): %ssee docs/metal-subset.md", spelled, feature, hint)}
}

// refuse looks for constructs outside the subset, and leaves them to the
// declarations that have them.
func (u *Unit) refuse() {
	for i, t := range u.toks {
		if t.kind != tokIdent || u.memberName(i) {
			continue
		}
		feature := refused[t.text]
		if t.text == "sampler" && i+1 < len(u.toks) && u.toks[i+1].kind == tokIdent {
			feature = "samplers"
		}
		if feature == "" || u.label(i) {
			continue
		}
		wrong := u.outside(t, t.text, t.text, feature).err
		if d := u.declarationAt(i); d != nil && (d.refusal == nil || before(wrong, d.refusal)) {
			d.refusal = wrong
		}
	}
}

// before reports whether an error of the same text comes first.
func before(a, b *Error) bool {
	return a.File == b.File && (a.Line < b.Line || a.Line == b.Line && a.Col < b.Col)
}

// memberName reports whether the identifier is selected from a value.
func (u *Unit) memberName(i int) bool {
	return i > 0 && (u.toks[i-1].is(".") || u.toks[i-1].is("->"))
}
