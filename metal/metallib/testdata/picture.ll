; picture takes a texture, which is not supported.

source_filename = "picture"

define weak_odr void @picture(ptr addrspace(1) nocapture %0) local_unnamed_addr {
  ret void
}

!air.kernel = !{!0}

!0 = !{ptr @picture, !1, !2}
!1 = !{}
!2 = !{!3}
!3 = !{i32 0, !"air.texture", !"air.location_index", i32 0, i32 1, !"air.sample", !"air.arg_type_name", !"texture2d<float, sample>", !"air.arg_name", !"image"}
