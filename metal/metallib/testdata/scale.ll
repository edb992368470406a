; scale multiplies each element by a factor, twice where the function constant
; "twice" is true:
;
;   constant bool twice [[function_constant(0)]];
;   kernel void scale(device const float *x, device float *y, constant float &factor,
;                     constant uint &n, uint i [[thread_position_in_grid]])

source_filename = "scale"

@_Z5twice.MTL_FC_INIT_0_b = internal unnamed_addr addrspace(2) externally_initialized constant i8 undef, section "air.fc_initializer", align 1
@_ZL5twice = internal unnamed_addr addrspace(2) global i8 undef, align 1
@llvm.global_ctors = appending global [1 x { i32, ptr, ptr }] [{ i32, ptr, ptr } { i32 65535, ptr @_GLOBAL__sub_I_scale, ptr null }]

define internal void @_GLOBAL__sub_I_scale() section "air.static_init" {
  %1 = load i8, ptr addrspace(2) @_Z5twice.MTL_FC_INIT_0_b, align 1
  store i8 %1, ptr addrspace(2) @_ZL5twice, align 1
  ret void
}

define weak_odr void @scale(ptr addrspace(1) noundef "air-buffer-no-alias" %0, ptr addrspace(1) noundef "air-buffer-no-alias" %1, ptr addrspace(2) noundef align 4 dereferenceable(4) "air-buffer-no-alias" %2, ptr addrspace(2) noundef align 4 dereferenceable(4) "air-buffer-no-alias" %3, i32 noundef %4) local_unnamed_addr #0 {
  %6 = load i32, ptr addrspace(2) %3, align 4
  %7 = icmp ult i32 %4, %6
  br i1 %7, label %8, label %19

8:
  %9 = zext i32 %4 to i64
  %10 = getelementptr inbounds float, ptr addrspace(1) %0, i64 %9
  %11 = load float, ptr addrspace(1) %10, align 4
  %12 = load float, ptr addrspace(2) %2, align 4
  %13 = fmul float %11, %12
  %14 = load i8, ptr addrspace(2) @_ZL5twice, align 1
  %15 = icmp eq i8 %14, 0
  %16 = fmul float %13, %12
  %17 = select i1 %15, float %13, float %16
  %18 = getelementptr inbounds float, ptr addrspace(1) %1, i64 %9
  store float %17, ptr addrspace(1) %18, align 4
  br label %19

19:
  ret void
}

attributes #0 = { mustprogress nounwind "frame-pointer"="all" "min-legal-vector-width"="0" "no-builtins" "no-trapping-math"="true" "stack-protector-buffer-size"="8" }

!air.version = !{!0}
!air.language_version = !{!1}
!air.compile_options = !{!2, !3}
!air.kernel = !{!4}
!air.function_constants = !{!12}

!0 = !{i32 2, i32 6, i32 0}
!1 = !{!"Metal", i32 3, i32 1, i32 0}
!2 = !{!"air.compile.denorms_disable"}
!3 = !{!"air.compile.fast_math_disable"}
!4 = !{ptr @scale, !5, !6}
!5 = !{}
!6 = !{!7, !8, !9, !10, !11}
!7 = !{i32 0, !"air.buffer", !"air.location_index", i32 0, i32 1, !"air.read", !"air.address_space", i32 1, !"air.arg_type_size", i32 4, !"air.arg_type_align_size", i32 4, !"air.arg_type_name", !"float", !"air.arg_name", !"x"}
!8 = !{i32 1, !"air.buffer", !"air.location_index", i32 1, i32 1, !"air.read_write", !"air.address_space", i32 1, !"air.arg_type_size", i32 4, !"air.arg_type_align_size", i32 4, !"air.arg_type_name", !"float", !"air.arg_name", !"y"}
!9 = !{i32 2, !"air.buffer", !"air.buffer_size", i32 4, !"air.location_index", i32 2, i32 1, !"air.read", !"air.address_space", i32 2, !"air.arg_type_size", i32 4, !"air.arg_type_align_size", i32 4, !"air.arg_type_name", !"float", !"air.arg_name", !"factor"}
!10 = !{i32 3, !"air.buffer", !"air.buffer_size", i32 4, !"air.location_index", i32 3, i32 1, !"air.read", !"air.address_space", i32 2, !"air.arg_type_size", i32 4, !"air.arg_type_align_size", i32 4, !"air.arg_type_name", !"uint", !"air.arg_name", !"n"}
!11 = !{i32 4, !"air.thread_position_in_grid", !"air.arg_type_name", !"uint", !"air.arg_name", !"i"}
!12 = !{ptr addrspace(2) @_Z5twice.MTL_FC_INIT_0_b, !"bool", !"twice", i32 0, i1 true}
