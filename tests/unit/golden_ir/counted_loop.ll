define internal fastcc i32 @"program.Main"(ptr captures(none) nonnull noundef dereferenceable(256) %"memory", ptr captures(none) nonnull noundef dereferenceable(48) %"instance") nounwind
{
entry:
  %"code" = alloca i32
  %"i.kept" = alloca i32
  %"sum.kept" = alloca i32
  %"budget.kept" = alloca i64
  br label %"start"
start:
  store i32 0, ptr %"code"
  %"sum" = getelementptr inbounds i8, ptr %"instance", i64 4
  %".5" = load i16, ptr %"instance", align 1, !tbaa !4
  %".6" = sext i16 %".5" to i32
  store i32 %".6", ptr %"i.kept"
  %".8" = load i32, ptr %"sum", align 1, !tbaa !6
  store i32 %".8", ptr %"sum.kept", align 1
  %"loop_budget.at" = getelementptr inbounds i8, ptr %"memory", i64 8
  %"loop_budget" = load i64, ptr %"loop_budget.at", !tbaa !8
  store i64 %"loop_budget", ptr %"budget.kept"
  store i32 1, ptr %"i.kept"
  %".12" = icmp sle i16 1, 10
  %".13" = sub i64 10, 1
  %"turns" = add nuw nsw i64 %".13", 1
  br i1 %".12", label %"for", label %"for.end"
for:
  %".15" = load i64, ptr %"budget.kept"
  %".16" = sub i64 %".15", %"turns"
  store i64 %".16", ptr %"budget.kept"
  %".18" = icmp sge i64 %".16", 0
  br i1 %".18", label %"loop_limit.no", label %"loop_limit", !prof !9
loop_limit:
  %".20" = call preserve_mostcc i32 @"rung.fault"(ptr %"memory", i32 3, i32 1001476097)
  store i32 %".20", ptr %"code"
  br label %"leave.store_back.1"
loop_limit.no:
  br label %"for.turn"
for.turn:
  %"done" = phi  i64 [0, %"loop_limit.no"], [%".35", %"for.next"]
  %"value" = phi  i64 [1, %"loop_limit.no"], [%".31", %"for.next"]
  %".24" = load i32, ptr %"sum.kept", align 1
  %".25" = sub nsw i64 %"value", 1
  %"a" = getelementptr inbounds i8, ptr %"instance", i64 8
  %".26" = getelementptr inbounds [4 x i8], ptr %"a", i64 %".25"
  %".27" = load i32, ptr %".26", align 1, !tbaa !11
  %".28" = add i32 %".24", %".27"
  store i32 %".28", ptr %"sum.kept", align 1
  br label %"for.next"
for.next:
  %".31" = add nsw i64 %"value", 1
  %".32" = trunc i64 %".31" to i16
  %".33" = sext i16 %".32" to i32
  store i32 %".33", ptr %"i.kept"
  %".35" = add i64 %"done", 1
  %".36" = icmp eq i64 %".35", %"turns"
  br i1 %".36", label %"for.end", label %"for.turn"
for.end:
  %".38" = load i64, ptr %"budget.kept"
  %"loop_budget.at.1" = getelementptr inbounds i8, ptr %"memory", i64 8
  store i64 %".38", ptr %"loop_budget.at.1", !tbaa !8
  %".43" = load i32, ptr %"i.kept"
  %".44" = trunc i32 %".43" to i16
  store i16 %".44", ptr %"instance", align 1, !tbaa !4
  %".46" = load i32, ptr %"sum.kept", align 1
  store i32 %".46", ptr %"sum", align 1, !tbaa !6
  br label %"leave"
leave.store_back.1:
  %".40" = load i64, ptr %"budget.kept"
  %"loop_budget.at.2" = getelementptr inbounds i8, ptr %"memory", i64 8
  store i64 %".40", ptr %"loop_budget.at.2", !tbaa !8
  br label %"leave.store_back"
leave.store_back:
  %".48" = load i32, ptr %"i.kept"
  %".49" = trunc i32 %".48" to i16
  store i16 %".49", ptr %"instance", align 1, !tbaa !4
  %".51" = load i32, ptr %"sum.kept", align 1
  store i32 %".51", ptr %"sum", align 1, !tbaa !6
  br label %"leave"
leave:
  %".56" = load i32, ptr %"code"
  ret i32 %".56"
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
  br i1 %".5", label %"returned", label %"faulted", !prof !9
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
!5 = !{ !"sum #1", !1, i64 0 }
!6 = !{ !5, !5, i64 0 }
!7 = !{ !"header.loop_budget", !0, i64 0 }
!8 = !{ !7, !7, i64 0 }
!9 = !{ !"branch_weights", i32 4000, i32 1 }
!10 = !{ !"a #2", !1, i64 0 }
!11 = !{ !10, !10, i64 0 }
