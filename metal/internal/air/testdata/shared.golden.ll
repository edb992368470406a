; ModuleID = 'shared'

@_Z5scale.MTL_FC_INIT_3_f = internal constant float 0x3FB99999A0000000, align 4
@_ZL5scale = internal unnamed_addr global float undef, align 4
@llvm.global_ctors = appending global [1 x { i32, ptr, ptr }] [{ i32, ptr, ptr } { i32 65535, ptr @init, ptr null }]

define internal void @init() sanitize_address {
  %1 = load float, ptr @_Z5scale.MTL_FC_INIT_3_f, align 4
  store float %1, ptr @_ZL5scale, align 4
  ret void
}

define weak_odr void @shared(ptr noundef %0, ptr noundef align 4 %1, ptr noundef %2, i32 noundef %3, <3 x i16> noundef %4) local_unnamed_addr sanitize_address #0 {
  %air.shared0 = call ptr @assay_shared(i32 0, ptr @air.name0, i32 0, i32 ptrtoint (ptr getelementptr ([64 x float], ptr null, i32 1) to i32))
  %air.at0 = getelementptr inbounds [64 x float], ptr %air.shared0, i64 0, i64 63
  %air.at1 = getelementptr inbounds [64 x float], ptr %air.shared0, i64 0, i64 1
  %air.at2 = bitcast ptr %air.at1 to ptr
  %6 = zext i32 %3 to i64
  %7 = getelementptr inbounds float, ptr %0, i64 %6
  %8 = load float, ptr %7, align 4
  %9 = getelementptr inbounds [64 x float], ptr %air.shared0, i64 0, i64 %6
  store float %8, ptr %9, align 4
  store float 0.000000e+00, ptr %air.at0, align 4
  tail call void @air.wg.barrier(i32 2, i32 1, i32 24) #1
  %10 = load float, ptr %air.at2, align 4
  %11 = tail call float @air.simd_sum.f32(float %10, i32 26) #1
  %12 = tail call <2 x i8> @air.convert.s.v2i8.f.v2f32(<2 x float> zeroinitializer)
  %13 = tail call <2 x half> @air.exp.v2f16(<2 x half> zeroinitializer)
  tail call void @llvm.memcpy.p0.p0.i64(ptr noundef align 4 %2, ptr noundef align 4 %0, i64 4, i1 false)
  store float %11, ptr %7, align 4
  ret void
}

declare void @assay_air_wg_barrier(i32, i32, i32) convergent nounwind
define internal void @air.wg.barrier(i32 %a0, i32 %a1, i32 %line) alwaysinline nounwind convergent {
  call void @assay_air_wg_barrier(i32 %a0, i32 %a1, i32 %line)
  ret void
}
declare float @assay_air_simd_sum_f32(float, i32) convergent nounwind
define internal float @air.simd_sum.f32(float %a0, i32 %line) alwaysinline nounwind convergent {
  %v1 = call float @assay_air_simd_sum_f32(float %a0, i32 %line)
  ret float %v1
}
declare <2 x i8> @llvm.fptosi.sat.v2i8.v2f32(<2 x float>)
define internal <2 x i8> @air.convert.s.v2i8.f.v2f32(<2 x float> %a0) alwaysinline nounwind {
  %v1 = call <2 x i8> @llvm.fptosi.sat.v2i8.v2f32(<2 x float> %a0)
  ret <2 x i8> %v1
}
declare i32 @assay_air_exp_f16(i32) nounwind
define internal <2 x half> @air.exp.v2f16(<2 x half> %a0) alwaysinline nounwind {
  %v1 = extractelement <2 x half> %a0, i32 0
  %v2 = bitcast half %v1 to i16
  %v3 = zext i16 %v2 to i32
  %v4 = call i32 @assay_air_exp_f16(i32 %v3)
  %v5 = trunc i32 %v4 to i16
  %v6 = bitcast i16 %v5 to half
  %v7 = insertelement <2 x half> undef, half %v6, i32 0
  %v8 = extractelement <2 x half> %a0, i32 1
  %v9 = bitcast half %v8 to i16
  %v10 = zext i16 %v9 to i32
  %v11 = call i32 @assay_air_exp_f16(i32 %v10)
  %v12 = trunc i32 %v11 to i16
  %v13 = bitcast i16 %v12 to half
  %v14 = insertelement <2 x half> %v7, half %v13, i32 1
  ret <2 x half> %v14
}
declare void @llvm.memcpy.p0.p0.i64(ptr noalias nocapture writeonly, ptr noalias nocapture readonly, i64, i1 immarg)

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
!10 = !{ptr @_Z5scale.MTL_FC_INIT_3_f, !"float", !"scale", i32 3, i1 true}

declare ptr @assay_air_buffer(ptr, i32)
declare ptr @assay_air_group(ptr, i32)
declare void @assay_air_at_thread_position_in_grid(ptr, ptr)
declare void @assay_air_at_thread_position_in_threadgroup(ptr, ptr)
define internal void @air.run(ptr %t) {
  %at = alloca [3 x i32]
  %v1 = call ptr @assay_air_buffer(ptr %t, i32 0)
  %v2 = call ptr @assay_air_buffer(ptr %t, i32 1)
  %v3 = call ptr @assay_air_group(ptr %t, i32 0)
  call void @assay_air_at_thread_position_in_grid(ptr %t, ptr %at)
  %v4 = getelementptr i32, ptr %at, i32 0
  %v5 = load i32, ptr %v4
  call void @assay_air_at_thread_position_in_threadgroup(ptr %t, ptr %at)
  %v6 = getelementptr i32, ptr %at, i32 0
  %v7 = load i32, ptr %v6
  %v8 = trunc i32 %v7 to i16
  %v9 = insertelement <3 x i16> undef, i16 %v8, i32 0
  %v10 = getelementptr i32, ptr %at, i32 1
  %v11 = load i32, ptr %v10
  %v12 = trunc i32 %v11 to i16
  %v13 = insertelement <3 x i16> %v9, i16 %v12, i32 1
  %v14 = getelementptr i32, ptr %at, i32 2
  %v15 = load i32, ptr %v14
  %v16 = trunc i32 %v15 to i16
  %v17 = insertelement <3 x i16> %v13, i16 %v16, i32 2
  call void @shared(ptr %v1, ptr %v2, ptr %v3, i32 %v5, <3 x i16> %v17)
  ret void
}
@air.symbol = internal constant [7 x i8] c"\6B\65\72\6E\65\6C\00"
@assay_entries = constant [2 x { ptr, ptr }] [{ ptr, ptr } { ptr @air.symbol, ptr @air.run }, { ptr, ptr } zeroinitializer]
declare ptr @assay_shared(i32, ptr, i32, i32)
@air.name0 = internal constant [5 x i8] c"\74\69\6C\65\00"
