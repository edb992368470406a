; shapes has what signatures are made of: a structure with an array and a structure
; in it, an argument and a threadgroup argument that function constants decide,
; several positions, and a bound on the threadgroup.

source_filename = "shapes"

@__metal_implicit_fc_pred_0 = internal addrspace(2) global i8 0, align 1
@_Z8has_bias.MTL_FC_INIT_3_b = internal unnamed_addr addrspace(2) externally_initialized constant i8 undef, section "air.fc_initializer", align 1
@_Z5steps.MTL_FC_INIT_7_i = internal unnamed_addr addrspace(2) externally_initialized constant i32 undef, section "air.fc_initializer", align 4
@llvm.compiler.used = appending global [1 x ptr] [ptr addrspacecast (ptr addrspace(2) @__metal_implicit_fc_pred_0 to ptr)], section "llvm.metadata"

define weak_odr void @shapes(ptr addrspace(1) noundef "air-buffer-no-alias" %0, ptr addrspace(1) noundef "air-buffer-no-alias" %1, ptr addrspace(2) noundef align 8 dereferenceable(64) "air-buffer-no-alias" %2, ptr addrspace(3) noundef %3, i32 noundef %4, <3 x i32> noundef %5, <2 x i16> noundef %6) local_unnamed_addr {
  %8 = load i32, ptr addrspace(2) @_Z5steps.MTL_FC_INIT_7_i, align 4
  store i32 %8, ptr addrspace(1) %0, align 4
  ret void
}

!air.version = !{!0}
!air.language_version = !{!1}
!air.compile_options = !{!2}
!air.kernel = !{!3}
!air.function_constants = !{!20, !21}

!0 = !{i32 2, i32 6, i32 0}
!1 = !{!"Metal", i32 3, i32 1, i32 0}
!2 = !{!"air.compile.denorms_disable"}
!3 = !{ptr @shapes, !4, !5, !19}
!4 = !{}
!5 = !{!6, !7, !9, !13, !15, !16, !17}
!6 = !{i32 0, !"air.buffer", !"air.location_index", i32 0, i32 1, !"air.read_write", !"air.address_space", i32 1, !"air.struct_type_info", !12, !"air.arg_type_size", i32 4, !"air.arg_type_align_size", i32 4, !"air.arg_type_name", !"metal::_atomic", !"air.arg_name", !"total"}
!7 = !{i32 1, !"air.function_constant", !8, !"air.buffer", !"air.location_index", i32 5, i32 1, !"air.read", !"air.address_space", i32 1, !"air.arg_type_size", i32 6, !"air.arg_type_align_size", i32 2, !"air.arg_type_name", !"packed_half3", !"air.arg_name", !"bias", !"air.arg_unused"}
!8 = !{ptr addrspace(2) @__metal_implicit_fc_pred_0, !"bool", !"has_bias"}
!9 = !{i32 2, !"air.buffer", !"air.buffer_size", i32 64, !"air.location_index", i32 2, i32 1, !"air.read", !"air.address_space", i32 2, !"air.struct_type_info", !10, !"air.arg_type_size", i32 64, !"air.arg_type_align_size", i32 8, !"air.arg_type_name", !"own::Params", !"air.arg_name", !"params"}
!10 = !{i32 0, i32 4, i32 0, !"int", !"rows", i32 8, i32 8, i32 3, !"long", !"strides", !"air.struct_type_info", !11, i32 32, i32 8, i32 2, !"own::Range", !"ranges", i32 48, i32 8, i32 0, !"half4", !"edge", i32 56, i32 1, i32 0, !"bool", !"last"}
!11 = !{i32 0, i32 4, i32 0, !"uint", !"from", i32 4, i32 4, i32 0, !"uint", !"to"}
!12 = !{i32 0, i32 4, i32 0, !"int", !"__s"}
!13 = !{i32 3, !"air.function_constant", !8, !"air.buffer", !"air.location_index", i32 1, i32 1, !"air.read_write", !"air.address_space", i32 3, !"air.arg_type_size", i32 4, !"air.arg_type_align_size", i32 4, !"air.arg_type_name", !"float", !"air.arg_name", !"part"}
!15 = !{i32 4, !"air.thread_index_in_simdgroup", !"air.arg_type_name", !"uint", !"air.arg_name", !"lane"}
!16 = !{i32 5, !"air.threadgroup_position_in_grid", !"air.arg_type_name", !"uint3", !"air.arg_name", !"group"}
!17 = !{i32 6, !"air.threads_per_threadgroup", !"air.arg_type_name", !"ushort2", !"air.arg_name", !"size", !"air.arg_unused"}
!19 = !{!"air.max_work_group_size", i32 128}
!20 = !{ptr addrspace(2) @_Z8has_bias.MTL_FC_INIT_3_b, !"bool", !"has_bias", i32 3, i1 true}
!21 = !{ptr addrspace(2) @_Z5steps.MTL_FC_INIT_7_i, !"int", !"steps", i32 7, i1 true}
