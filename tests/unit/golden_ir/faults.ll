define internal fastcc {i32, i16} @"function.Search"(ptr captures(none) nonnull noundef dereferenceable(256) %"memory", i32 %"wanted") nounwind
{
entry:
  %"code" = alloca i32
  %"Search" = alloca i32
  %"wanted.1" = alloca i32
  %"budget.kept" = alloca i64
  br label %"start"
start:
  store i32 0, ptr %"code"
  store i32 0, ptr %"Search"
  store i32 %"wanted", ptr %"wanted.1", align 1
  %"loop_budget.at" = getelementptr inbounds i8, ptr %"memory", i64 8
  %"loop_budget" = load i64, ptr %"loop_budget.at", !tbaa !4
  store i64 %"loop_budget", ptr %"budget.kept"
  br label %"while"
while:
  %".9" = load i32, ptr %"Search"
  %".10" = load i32, ptr %"Search"
  %".11" = mul i32 %".9", %".10"
  %".12" = load i32, ptr %"wanted.1", align 1
  %".13" = icmp ne i32 %".11", %".12"
  br i1 %".13", label %"while.turn", label %"while.end"
while.turn:
  %".15" = load i64, ptr %"budget.kept"
  %".16" = sub i64 %".15", 1
  store i64 %".16", ptr %"budget.kept"
  %".18" = icmp sge i64 %".16", 0
  br i1 %".18", label %"loop_limit.no", label %"loop_limit", !prof !5
loop_limit:
  %".20" = call preserve_mostcc i32 @"rung.fault"(ptr %"memory", i32 3, i32 181043201)
  store i32 %".20", ptr %"code"
  br label %"leave.store_back"
loop_limit.no:
  %".23" = load i32, ptr %"Search"
  %".24" = add i32 %".23", 1
  %".25" = trunc i32 %".24" to i16
  %".26" = sext i16 %".25" to i32
  store i32 %".26", ptr %"Search"
  br label %"while"
while.end:
  %".29" = load i64, ptr %"budget.kept"
  %"loop_budget.at.1" = getelementptr inbounds i8, ptr %"memory", i64 8
  store i64 %".29", ptr %"loop_budget.at.1", !tbaa !4
  br label %"leave"
leave.store_back:
  %".31" = load i64, ptr %"budget.kept"
  %"loop_budget.at.2" = getelementptr inbounds i8, ptr %"memory", i64 8
  store i64 %".31", ptr %"loop_budget.at.2", !tbaa !4
  br label %"leave"
leave:
  %".36" = load i32, ptr %"code"
  %".37" = insertvalue {i32, i16} undef, i32 %".36", 0
  %".38" = load i32, ptr %"Search"
  %".39" = trunc i32 %".38" to i16
  %".40" = insertvalue {i32, i16} %".37", i16 %".39", 1
  ret {i32, i16} %".40"
}

define internal fastcc i32 @"program.Main"(ptr captures(none) nonnull noundef dereferenceable(256) %"memory", ptr captures(none) nonnull noundef dereferenceable(8) %"instance") nounwind
{
entry:
  %"code" = alloca i32
  %"wanted.kept" = alloca i32
  %"root.kept" = alloca i32
  br label %"start"
start:
  store i32 0, ptr %"code"
  %"root" = getelementptr inbounds i8, ptr %"instance", i64 4
  %".5" = load i32, ptr %"instance", align 1, !tbaa !7
  store i32 %".5", ptr %"wanted.kept", align 1
  %".7" = load i16, ptr %"root", align 1, !tbaa !9
  %".8" = sext i16 %".7" to i32
  store i32 %".8", ptr %"root.kept"
  %".10" = load i32, ptr %"wanted.kept", align 1
  %".11" = call fastcc {i32, i16} @"function.Search"(ptr %"memory", i32 %".10")
  %".12" = extractvalue {i32, i16} %".11", 0
  %".13" = icmp eq i32 %".12", 0
  br i1 %".13", label %"returned", label %"faulted", !prof !5
faulted:
  %".15" = call preserve_mostcc i32 @"rung.called_from"(ptr %"memory", i32 1001476097)
  store i32 %".12", ptr %"code"
  br label %"leave.store_back"
returned:
  %".18" = extractvalue {i32, i16} %".11", 1
  %".19" = sext i16 %".18" to i32
  store i32 %".19", ptr %"root.kept"
  %".21" = load i32, ptr %"root.kept"
  %".22" = trunc i32 %".21" to i16
  store i16 %".22", ptr %"root", align 1, !tbaa !9
  br label %"leave"
leave.store_back:
  %".24" = load i32, ptr %"root.kept"
  %".25" = trunc i32 %".24" to i16
  store i16 %".25", ptr %"root", align 1, !tbaa !9
  br label %"leave"
leave:
  %".30" = load i32, ptr %"code"
  ret i32 %".30"
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
  br i1 %".5", label %"returned", label %"faulted", !prof !5
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

!0 = !{ !"memory of a PLC" }
!1 = !{ !"anything", !0, i64 0 }
!2 = !{ !1, !1, i64 0 }
!3 = !{ !"header.loop_budget", !0, i64 0 }
!4 = !{ !3, !3, i64 0 }
!5 = !{ !"branch_weights", i32 4000, i32 1 }
!6 = !{ !"wanted #0", !1, i64 0 }
!7 = !{ !6, !6, i64 0 }
!8 = !{ !"root #1", !1, i64 0 }
!9 = !{ !8, !8, i64 0 }
