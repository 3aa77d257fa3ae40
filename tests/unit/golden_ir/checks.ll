define internal fastcc i32 @"program.Main"(ptr captures(none) nonnull noundef dereferenceable(256) %"memory", ptr captures(none) nonnull noundef dereferenceable(48) %"instance") nounwind
{
entry:
  %"code" = alloca i32
  %"i.kept" = alloca i32
  %"quotient.kept" = alloca i32
  br label %"start"
start:
  store i32 0, ptr %"code"
  %"quotient" = getelementptr inbounds i8, ptr %"instance", i64 4
  %".5" = load i16, ptr %"instance", align 1, !tbaa !4
  %".6" = sext i16 %".5" to i32
  store i32 %".6", ptr %"i.kept"
  %".8" = load i32, ptr %"quotient", align 1, !tbaa !6
  store i32 %".8", ptr %"quotient.kept", align 1
  %".10" = load i32, ptr %"i.kept"
  %".11" = sext i32 %".10" to i64
  %".12" = sub i64 %".11", 1
  %".13" = icmp ult i64 %".12", 10
  br i1 %".13", label %"index_out_of_bounds.no", label %"index_out_of_bounds", !prof !7
index_out_of_bounds:
  %".15" = call preserve_mostcc i32 @"rung.fault"(ptr %"memory", i32 2, i32 1001476097)
  store i32 %".15", ptr %"code"
  br label %"leave.store_back"
index_out_of_bounds.no:
  %"a" = getelementptr inbounds i8, ptr %"instance", i64 8
  %".18" = getelementptr inbounds [4 x i8], ptr %"a", i64 %".12"
  %".19" = load i32, ptr %".18", align 1, !tbaa !9
  %"a.1" = getelementptr inbounds i8, ptr %"instance", i64 16
  %".20" = load i32, ptr %"a.1", align 1, !tbaa !9
  %".21" = sub i32 0, %".19"
  %".22" = add i32 %".20", 1
  %".23" = icmp ule i32 %".22", 1
  br i1 %".23", label %"divide.special", label %"divide", !prof !10
divide.special:
  %".25" = icmp ne i32 %".20", 0
  br i1 %".25", label %"divide_by_zero.no", label %"divide_by_zero", !prof !7
divide_by_zero:
  %".27" = call preserve_mostcc i32 @"rung.fault"(ptr %"memory", i32 1, i32 1001476098)
  store i32 %".27", ptr %"code"
  br label %"leave.store_back"
divide_by_zero.no:
  br label %"divided"
divide:
  %".31" = sdiv i32 %".19", %".20"
  br label %"divided"
divided:
  %".33" = phi  i32 [%".21", %"divide_by_zero.no"], [%".31", %"divide"]
  store i32 %".33", ptr %"quotient.kept", align 1
  %".35" = load i32, ptr %"quotient.kept", align 1
  store i32 %".35", ptr %"quotient", align 1, !tbaa !6
  br label %"leave"
leave.store_back:
  %".37" = load i32, ptr %"quotient.kept", align 1
  store i32 %".37", ptr %"quotient", align 1, !tbaa !6
  br label %"leave"
leave:
  %".42" = load i32, ptr %"code"
  ret i32 %".42"
}

define internal preserve_mostcc i32 @"rung.fault"(ptr %"memory", i32 %"code", i32 %"site") cold noinline nounwind
{
entry:
  %"fault_code" = getelementptr inbounds i8, ptr %"memory", i64 20
  store i32 %"code", ptr %"fault_code"
  %"fault_site" = getelementptr inbounds i8, ptr %"memory", i64 24
  store i32 %"site", ptr %"fault_site"
  %"call_depth" = getelementptr inbounds i8, ptr %"memory", i64 28
  store i32 0, ptr %"call_depth"
  ret i32 %"code"
}

define i32 @"task_0_main"(ptr captures(none) nonnull noundef dereferenceable(256) %"memory") nounwind
{
entry:
  %"code" = alloca i32
  br label %"start"
start:
  store i32 0, ptr %"code"
  %"Main" = getelementptr inbounds i8, ptr %"memory", i64 192
  %".4" = call fastcc i32 @"program.Main"(ptr %"memory", ptr %"Main")
  %".5" = icmp eq i32 %".4", 0
  br i1 %".5", label %"returned", label %"faulted", !prof !7
faulted:
  %".7" = call preserve_mostcc i32 @"rung.called_from"(ptr %"memory", i32 842612737)
  store i32 %".4", ptr %"code"
  br label %"leave"
returned:
  br label %"leave"
leave:
  %".12" = load i32, ptr %"code"
  ret i32 %".12"
}

define internal preserve_mostcc i32 @"rung.called_from"(ptr %"memory", i32 %"site") cold noinline nounwind
{
entry:
  %"call_depth" = getelementptr inbounds i8, ptr %"memory", i64 28
  %"depth" = load i32, ptr %"call_depth"
  %".4" = icmp slt i32 %"depth", 24
  br i1 %".4", label %"room", label %"end"
room:
  %"call_path" = getelementptr inbounds i8, ptr %"memory", i64 32
  %".6" = zext i32 %"depth" to i64
  %"entry.1" = getelementptr inbounds i32, ptr %"call_path", i64 %".6"
  store i32 %"site", ptr %"entry.1"
  %".8" = add i32 %"depth", 1
  store i32 %".8", ptr %"call_depth"
  br label %"end"
end:
  ret i32 0
}

!0 = !{ !"memory of a PLC" }
!1 = !{ !"anything", !0, i64 0 }
!2 = !{ !1, !1, i64 0 }
!3 = !{ !"i #0", !1, i64 0 }
!4 = !{ !3, !3, i64 0 }
!5 = !{ !"quotient #1", !1, i64 0 }
!6 = !{ !5, !5, i64 0 }
!7 = !{ !"branch_weights", i32 4000, i32 1 }
!8 = !{ !"a #2", !1, i64 0 }
!9 = !{ !8, !8, i64 0 }
!10 = !{ !"branch_weights", i32 1, i32 4000 }
