define internal fastcc i32 @"program.Main"(ptr captures(none) nonnull noundef dereferenceable(256) %"memory", ptr captures(none) nonnull noundef dereferenceable(24) %"instance") nounwind
{
entry:
  %"code" = alloca i32
  %"n.kept" = alloca i32
  %"lost.kept" = alloca i8
  %"age.kept" = alloca i64
  br label %"start"
start:
  store i32 0, ptr %"code"
  %"n" = getelementptr inbounds i8, ptr %"instance", i64 12
  %"lost" = getelementptr inbounds i8, ptr %"instance", i64 14
  %"age" = getelementptr inbounds i8, ptr %"instance", i64 16
  %".5" = load i16, ptr %"n", align 1, !tbaa !4
  %".6" = sext i16 %".5" to i32
  store i32 %".6", ptr %"n.kept"
  %".8" = load i8, ptr %"lost", align 1, !tbaa !6
  store i8 %".8", ptr %"lost.kept", align 1
  %".10" = load i64, ptr %"age", align 1, !tbaa !8
  store i64 %".10", ptr %"age.kept", align 1
  %".12" = shl i64 192, 3
  %".13" = add i64 %".12", 5
  %".14" = add i64 %".13", 1
  %".15" = call i64 @"rung.signals.state"(ptr %"memory", i64 %".13", i64 %".14")
  %".16" = trunc i64 %".15" to i8
  %".17" = zext i8 %".16" to i32
  %".18" = icmp eq i32 %".17", 0
  %".19" = zext i1 %".18" to i8
  store i8 %".19", ptr %"lost.kept", align 1
  %".21" = load i32, ptr %"n.kept"
  %".22" = sext i32 %".21" to i64
  %".23" = sub i64 %".22", 1
  %".24" = icmp ult i64 %".23", 3
  br i1 %".24", label %"index_out_of_bounds.no", label %"index_out_of_bounds", !prof !15
index_out_of_bounds:
  %".26" = call preserve_mostcc i32 @"rung.fault"(ptr %"memory", i32 2, i32 1001476097)
  store i32 %".26", ptr %"code"
  br label %"leave.store_back"
index_out_of_bounds.no:
  %".29" = getelementptr inbounds [4 x i8], ptr %"instance", i64 %".23"
  %".30" = ptrtoint ptr %"memory" to i64
  %".31" = ptrtoint ptr %".29" to i64
  %".32" = sub i64 %".31", %".30"
  %".33" = shl i64 %".32", 3
  %".34" = add i64 %".33", 32
  %".35" = call i64 @"rung.signals.age"(ptr %"memory", i64 %".33", i64 %".34")
  store i64 %".35", ptr %"age.kept", align 1
  %".37" = load i8, ptr %"lost.kept", align 1
  store i8 %".37", ptr %"lost", align 1, !tbaa !6
  %".39" = load i64, ptr %"age.kept", align 1
  store i64 %".39", ptr %"age", align 1, !tbaa !8
  br label %"leave"
leave.store_back:
  %".41" = load i8, ptr %"lost.kept", align 1
  store i8 %".41", ptr %"lost", align 1, !tbaa !6
  %".43" = load i64, ptr %"age.kept", align 1
  store i64 %".43", ptr %"age", align 1, !tbaa !8
  br label %"leave"
leave:
  %".48" = load i32, ptr %"code"
  ret i32 %".48"
}

define internal i64 @"rung.signals.state"(ptr %".1", i64 %".2", i64 %".3") noinline nounwind
{
entry:
  %"signal_count.at" = getelementptr inbounds i8, ptr %".1", i64 160
  %"signal_count" = load i64, ptr %"signal_count.at", !tbaa !10
  %"signals.at" = getelementptr inbounds i8, ptr %".1", i64 152
  %"signals" = load i64, ptr %"signals.at", !tbaa !12
  %"signals.1" = getelementptr i8, ptr %".1", i64 %"signals"
  br label %"search"
search:
  %".6" = phi  i64 [0, %"entry"], [%".17", %"halve"]
  %".7" = phi  i64 [%"signal_count", %"entry"], [%".18", %"halve"]
  %".8" = icmp ult i64 %".6", %".7"
  br i1 %".8", label %"halve", label %"rows"
halve:
  %".10" = add i64 %".6", %".7"
  %".11" = lshr i64 %".10", 1
  %".12" = mul i64 %".11", 4
  %".13" = add i64 %".12", 1
  %"end" = getelementptr i64, ptr %"signals.1", i64 %".13"
  %".14" = load i64, ptr %"end", !tbaa !14
  %".15" = icmp ule i64 %".14", %".2"
  %".16" = add i64 %".11", 1
  %".17" = select  i1 %".15", i64 %".16", i64 %".6"
  %".18" = select  i1 %".15", i64 %".7", i64 %".11"
  br label %"search"
rows:
  %".20" = phi  i64 [%".6", %"search"], [%".36", %"shared"]
  %".21" = phi  i64 [2, %"search"], [%".35", %"shared"]
  %".22" = icmp ult i64 %".20", %"signal_count"
  br i1 %".22", label %"row", label %"done"
row:
  %".24" = mul i64 %".20", 4
  %".25" = add i64 %".24", 0
  %"start" = getelementptr i64, ptr %"signals.1", i64 %".25"
  %".26" = load i64, ptr %"start", !tbaa !14
  %".27" = icmp ult i64 %".26", %".3"
  br i1 %".27", label %"shared", label %"done"
shared:
  %".29" = mul i64 %".20", 4
  %".30" = add i64 %".29", 3
  %"state" = getelementptr i64, ptr %"signals.1", i64 %".30"
  %".31" = load i64, ptr %"state", !tbaa !14
  %".32" = and i64 %".31", 255
  %".33" = and i64 %".21", 255
  %".34" = icmp ult i64 %".32", %".33"
  %".35" = select  i1 %".34", i64 %".31", i64 %".21"
  %".36" = add i64 %".20", 1
  br label %"rows"
done:
  ret i64 %".21"
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

define internal i64 @"rung.signals.age"(ptr %".1", i64 %".2", i64 %".3") noinline nounwind
{
entry:
  %"signal_count.at" = getelementptr inbounds i8, ptr %".1", i64 160
  %"signal_count" = load i64, ptr %"signal_count.at", !tbaa !10
  %"signals.at" = getelementptr inbounds i8, ptr %".1", i64 152
  %"signals" = load i64, ptr %"signals.at", !tbaa !12
  %"signals.1" = getelementptr i8, ptr %".1", i64 %"signals"
  br label %"search"
search:
  %".6" = phi  i64 [0, %"entry"], [%".17", %"halve"]
  %".7" = phi  i64 [%"signal_count", %"entry"], [%".18", %"halve"]
  %".8" = icmp ult i64 %".6", %".7"
  br i1 %".8", label %"halve", label %"rows"
halve:
  %".10" = add i64 %".6", %".7"
  %".11" = lshr i64 %".10", 1
  %".12" = mul i64 %".11", 4
  %".13" = add i64 %".12", 1
  %"end" = getelementptr i64, ptr %"signals.1", i64 %".13"
  %".14" = load i64, ptr %"end", !tbaa !14
  %".15" = icmp ule i64 %".14", %".2"
  %".16" = add i64 %".11", 1
  %".17" = select  i1 %".15", i64 %".16", i64 %".6"
  %".18" = select  i1 %".15", i64 %".7", i64 %".11"
  br label %"search"
rows:
  %".20" = phi  i64 [%".6", %"search"], [%".39", %"shared"]
  %".21" = phi  i64 [0, %"search"], [%".38", %"shared"]
  %".22" = icmp ult i64 %".20", %"signal_count"
  br i1 %".22", label %"row", label %"done"
row:
  %".24" = mul i64 %".20", 4
  %".25" = add i64 %".24", 0
  %"start" = getelementptr i64, ptr %"signals.1", i64 %".25"
  %".26" = load i64, ptr %"start", !tbaa !14
  %".27" = icmp ult i64 %".26", %".3"
  br i1 %".27", label %"shared", label %"done"
shared:
  %".29" = mul i64 %".20", 4
  %".30" = add i64 %".29", 2
  %"time_ns" = getelementptr i64, ptr %"signals.1", i64 %".30"
  %".31" = load i64, ptr %"time_ns", !tbaa !14
  %"now_ns.at" = getelementptr inbounds i8, ptr %".1", i64 0
  %"now_ns" = load i64, ptr %"now_ns.at", !tbaa !17
  %".32" = sub i64 %"now_ns", %".31"
  %".33" = icmp ne i64 %".31", 0
  %".34" = select  i1 %".33", i64 %".32", i64 9223372036854775807
  %".35" = icmp slt i64 %".34", 0
  %".36" = select  i1 %".35", i64 0, i64 %".34"
  %".37" = icmp sgt i64 %".36", %".21"
  %".38" = select  i1 %".37", i64 %".36", i64 %".21"
  %".39" = add i64 %".20", 1
  br label %"rows"
done:
  ret i64 %".21"
}

define i32 @"task_0_main"(ptr captures(none) nonnull noundef dereferenceable(256) %"memory") nounwind
{
entry:
  %"code" = alloca i32
  br label %"start"
start:
  store i32 0, ptr %"code"
  %"Main" = getelementptr inbounds i8, ptr %"memory", i64 256
  %".4" = call fastcc i32 @"program.Main"(ptr %"memory", ptr %"Main")
  %".5" = icmp eq i32 %".4", 0
  br i1 %".5", label %"returned", label %"faulted", !prof !15
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
!3 = !{ !"n #0", !1, i64 0 }
!4 = !{ !3, !3, i64 0 }
!5 = !{ !"lost #1", !1, i64 0 }
!6 = !{ !5, !5, i64 0 }
!7 = !{ !"age #2", !1, i64 0 }
!8 = !{ !7, !7, i64 0 }
!9 = !{ !"header.signal_count", !0, i64 0 }
!10 = !{ !9, !9, i64 0 }
!11 = !{ !"header.signals", !0, i64 0 }
!12 = !{ !11, !11, i64 0 }
!13 = !{ !"signals", !0, i64 0 }
!14 = !{ !13, !13, i64 0 }
!15 = !{ !"branch_weights", i32 4000, i32 1 }
!16 = !{ !"header.now_ns", !0, i64 0 }
!17 = !{ !16, !16, i64 0 }
