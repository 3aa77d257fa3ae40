define internal fastcc {i32, float, i1} @"function.Scale"(ptr captures(none) nonnull noundef dereferenceable(256) %"memory", i16 %"raw") nounwind
{
entry:
  %"code" = alloca i32
  %"Scale" = alloca float
  %"raw.1" = alloca i32
  %"negative" = alloca i8
  br label %"start"
start:
  store i32 0, ptr %"code"
  store float              0x0, ptr %"Scale", align 1
  %".6" = sext i16 %"raw" to i32
  store i32 %".6", ptr %"raw.1"
  %".8" = zext i1 0 to i8
  store i8 %".8", ptr %"negative", align 1
  %".10" = load i32, ptr %"raw.1"
  %".11" = icmp slt i32 %".10", 0
  %".12" = zext i1 %".11" to i8
  store i8 %".12", ptr %"negative", align 1
  %".14" = load i32, ptr %"raw.1"
  %".15" = trunc i32 %".14" to i16
  %".16" = sitofp i16 %".15" to float
  %".17" = fmul float %".16", 0x3fb99999a0000000
  store float %".17", ptr %"Scale", align 1
  br label %"leave"
leave:
  %".21" = load i32, ptr %"code"
  %".22" = insertvalue {i32, float, i1} undef, i32 %".21", 0
  %".23" = load float, ptr %"Scale", align 1
  %".24" = insertvalue {i32, float, i1} %".22", float %".23", 1
  %".25" = load i8, ptr %"negative", align 1
  %".26" = trunc i8 %".25" to i1
  %".27" = insertvalue {i32, float, i1} %".24", i1 %".26", 2
  ret {i32, float, i1} %".27"
}

define internal fastcc i32 @"block.Filter"(ptr captures(none) nonnull noundef dereferenceable(256) %"memory", ptr captures(none) nonnull noundef dereferenceable(8) %"instance", ptr captures(none) nonnull noundef dereferenceable(2) %"faults") nounwind
{
entry:
  %"code" = alloca i32
  %"below" = alloca i8
  %"value.kept" = alloca float
  %"raw.kept" = alloca i32
  %"faults.kept" = alloca i32
  br label %"start"
start:
  store i32 0, ptr %"code"
  %".6" = zext i1 0 to i8
  store i8 %".6", ptr %"below", align 1
  %"value" = getelementptr inbounds i8, ptr %"instance", i64 4
  %".8" = load float, ptr %"value", align 1, !tbaa !4
  store float %".8", ptr %"value.kept", align 1
  %".10" = load i16, ptr %"instance", align 1, !tbaa !6
  %".11" = sext i16 %".10" to i32
  store i32 %".11", ptr %"raw.kept"
  %".13" = load i16, ptr %"faults", align 1, !tbaa !8
  %".14" = zext i16 %".13" to i32
  store i32 %".14", ptr %"faults.kept"
  %".16" = load float, ptr %"value.kept", align 1
  %".17" = load i32, ptr %"raw.kept"
  %".18" = trunc i32 %".17" to i16
  %".19" = call fastcc {i32, float, i1} @"function.Scale"(ptr %"memory", i16 %".18")
  %".20" = extractvalue {i32, float, i1} %".19", 1
  %".21" = extractvalue {i32, float, i1} %".19", 2
  %".22" = zext i1 %".21" to i8
  store i8 %".22", ptr %"below", align 1
  %".24" = fadd float %".16", %".20"
  %".25" = fdiv float %".24", 0x4000000000000000
  store float %".25", ptr %"value.kept", align 1
  %".27" = load i8, ptr %"below", align 1
  %".28" = trunc i8 %".27" to i1
  br i1 %".28", label %"then", label %"else"
then:
  %".30" = load i32, ptr %"faults.kept"
  %".31" = add i32 %".30", 1
  %".32" = trunc i32 %".31" to i16
  %".33" = zext i16 %".32" to i32
  store i32 %".33", ptr %"faults.kept"
  br label %"endif"
else:
  br label %"endif"
endif:
  %".37" = load float, ptr %"value.kept", align 1
  store float %".37", ptr %"value", align 1, !tbaa !4
  %".39" = load i32, ptr %"faults.kept"
  %".40" = trunc i32 %".39" to i16
  store i16 %".40", ptr %"faults", align 1, !tbaa !8
  br label %"leave"
leave.store_back:
  %".42" = load float, ptr %"value.kept", align 1
  store float %".42", ptr %"value", align 1, !tbaa !4
  %".44" = load i32, ptr %"faults.kept"
  %".45" = trunc i32 %".44" to i16
  store i16 %".45", ptr %"faults", align 1, !tbaa !8
  br label %"leave"
leave:
  %".50" = load i32, ptr %"code"
  ret i32 %".50"
}

define internal fastcc i32 @"program.Main"(ptr captures(none) nonnull noundef dereferenceable(256) %"memory", ptr captures(none) nonnull noundef dereferenceable(12) %"instance") nounwind
{
entry:
  %"code" = alloca i32
  br label %"start"
start:
  store i32 0, ptr %"code"
  %"input" = getelementptr inbounds i8, ptr %"memory", i64 196
  %".5" = load i16, ptr %"input", align 1, !tbaa !10
  store i16 %".5", ptr %"instance", align 1, !tbaa !6
  %"faults" = getelementptr inbounds i8, ptr %"instance", i64 8
  %".7" = call fastcc i32 @"block.Filter"(ptr %"memory", ptr %"instance", ptr %"faults")
  %"value" = getelementptr inbounds i8, ptr %"instance", i64 4
  %".8" = load float, ptr %"value", align 1, !tbaa !4
  %".9" = fcmp ogt float %".8", 0x4023000000000000
  %"alarm" = getelementptr inbounds i8, ptr %"memory", i64 256
  %".10" = load i8, ptr %"alarm", align 1, !tbaa !10
  %".11" = and i8 %".10", 247
  %".12" = zext i1 %".9" to i8
  %".13" = shl i8 %".12", 3
  %".14" = or i8 %".11", %".13"
  store i8 %".14", ptr %"alarm", align 1, !tbaa !10
  br label %"leave"
leave:
  %".18" = load i32, ptr %"code"
  ret i32 %".18"
}

define i32 @"task_0_main"(ptr captures(none) nonnull noundef dereferenceable(256) %"memory") nounwind
{
entry:
  %"code" = alloca i32
  br label %"start"
start:
  store i32 0, ptr %"code"
  %"Main" = getelementptr inbounds i8, ptr %"memory", i64 320
  %".4" = call fastcc i32 @"program.Main"(ptr %"memory", ptr %"Main")
  br label %"leave"
leave:
  %".7" = load i32, ptr %"code"
  ret i32 %".7"
}

!0 = !{ !"memory of a PLC" }
!1 = !{ !"anything", !0, i64 0 }
!2 = !{ !1, !1, i64 0 }
!3 = !{ !"value #0", !1, i64 0 }
!4 = !{ !3, !3, i64 0 }
!5 = !{ !"raw #1", !1, i64 0 }
!6 = !{ !5, !5, i64 0 }
!7 = !{ !"faults #2", !1, i64 0 }
!8 = !{ !7, !7, i64 0 }
!9 = !{ !"areas #3", !1, i64 0 }
!10 = !{ !9, !9, i64 0 }
