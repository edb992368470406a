; ModuleID = 'shared'
source_filename = "shared"
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-f80:128-n8:16:32:64-S128"
target triple = "x86_64-unknown-linux-gnu"

@_Z5scale.MTL_FC_INIT_3_f = internal unnamed_addr addrspace(2) externally_initialized constant float undef, section "air.fc_initializer", align 4
@_ZL5scale = internal unnamed_addr addrspace(2) global float undef, align 4
@_ZZ6sharedE4tile = internal unnamed_addr addrspace(3) global [64 x float] undef, align 4
@llvm.global_ctors = appending global [1 x { i32, ptr, ptr }] [{ i32, ptr, ptr } { i32 65535, ptr @init, ptr null }]

define internal void @init() section "air.static_init" {
  %1 = load float, ptr addrspace(2) @_Z5scale.MTL_FC_INIT_3_f, align 4
  store float %1, ptr addrspace(2) @_ZL5scale, align 4
  ret void
}

define weak_odr void @shared(ptr addrspace(1) noundef %0, ptr addrspace(2) noundef align 4 dereferenceable(4) %1, ptr addrspace(3) noundef %2, i32 noundef %3, <3 x i16> noundef %4) local_unnamed_addr #0 {
  %6 = zext i32 %3 to i64
  %7 = getelementptr inbounds float, ptr addrspace(1) %0, i64 %6
  %8 = load float, ptr addrspace(1) %7, align 4, !nosanitize !0
  %9 = getelementptr inbounds [64 x float], ptr addrspace(3) @_ZZ6sharedE4tile, i64 0, i64 %6
  store float %8, ptr addrspace(3) %9, align 4
  store float 0.000000e+00, ptr addrspace(3) getelementptr inbounds ([64 x float], ptr addrspace(3) @_ZZ6sharedE4tile, i64 0, i64 63), align 4
  tail call void @air.wg.barrier(i32 2, i32 1) #1
  %10 = load float, ptr addrspacecast (ptr addrspace(3) getelementptr inbounds ([64 x float], ptr addrspace(3) @_ZZ6sharedE4tile, i64 0, i64 1) to ptr), align 4
  %11 = tail call float @air.simd_sum.f32(float %10) #1
  %12 = tail call <2 x i8> @air.convert.s.v2i8.f.v2f32(<2 x float> zeroinitializer)
  %13 = tail call <2 x half> @air.exp.v2f16(<2 x half> zeroinitializer)
  tail call void @llvm.memcpy.p3.p1.i64(ptr addrspace(3) noundef align 4 %2, ptr addrspace(1) noundef align 4 %0, i64 4, i1 false)
  store float %11, ptr addrspace(1) %7, align 4
  ret void
}

declare void @air.wg.barrier(i32, i32) local_unnamed_addr #1
declare float @air.simd_sum.f32(float) local_unnamed_addr #1
declare <2 x i8> @air.convert.s.v2i8.f.v2f32(<2 x float>)
declare <2 x half> @air.exp.v2f16(<2 x half>)
declare void @llvm.memcpy.p3.p1.i64(ptr addrspace(3) noalias nocapture writeonly, ptr addrspace(1) noalias nocapture readonly, i64, i1 immarg)

attributes #0 = { convergent nounwind }
attributes #1 = { convergent nounwind }

!air.version = !{!0}
!air.language_version = !{!1}
!air.kernel = !{!2}
!air.function_constants = !{!10}

!0 = !{i32 2, i32 6, i32 0}
!1 = !{!"Metal", i32 3, i32 1, i32 0}
!2 = !{ptr @shared, !3, !4}
!3 = !{}
!4 = !{!5, !6, !7, !8, !9}
!5 = !{i32 0, !"air.buffer", !"air.location_index", i32 0, i32 1, !"air.read_write", !"air.address_space", i32 1, !"air.arg_type_size", i32 4, !"air.arg_type_align_size", i32 4, !"air.arg_type_name", !"float", !"air.arg_name", !"x"}
!6 = !{i32 1, !"air.buffer", !"air.buffer_size", i32 4, !"air.location_index", i32 1, i32 1, !"air.read", !"air.address_space", i32 2, !"air.arg_type_size", i32 4, !"air.arg_type_align_size", i32 4, !"air.arg_type_name", !"uint", !"air.arg_name", !"n"}
!7 = !{i32 2, !"air.buffer", !"air.location_index", i32 0, i32 1, !"air.read_write", !"air.address_space", i32 3, !"air.arg_type_size", i32 4, !"air.arg_type_align_size", i32 4, !"air.arg_type_name", !"float", !"air.arg_name", !"scratch"}
!8 = !{i32 3, !"air.thread_position_in_grid", !"air.arg_type_name", !"uint", !"air.arg_name", !"i"}
!9 = !{i32 4, !"air.thread_position_in_threadgroup", !"air.arg_type_name", !"ushort3", !"air.arg_name", !"at"}
!10 = !{ptr addrspace(2) @_Z5scale.MTL_FC_INIT_3_f, !"float", !"scale", i32 3, i1 true}
