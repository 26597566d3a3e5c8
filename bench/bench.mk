# The programs that bench/run.py measures with; each is one source beside the archives.
BENCH_PROGRAMS := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard bench/*.c)))

.PHONY: bench-programs
bench-programs: $(BENCH_PROGRAMS)
# tests/bench tries them all.
oracles: bench-programs

$(BUILD)/bench/%: bench/%.c $(call archives,$(FOLDERS))
	$(call say,BENCH,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LDLIBS)

-include $(BENCH_PROGRAMS:=.d)
