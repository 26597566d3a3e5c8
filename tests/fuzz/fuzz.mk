# Fuzz drivers: a bounded run each in `make test`, with its own main; `make fuzz` with libFuzzer, for as long as one likes.
$(BUILD)/tests/fuzz/fuzz_%: tests/fuzz/fuzz_%.c tests/fuzz/main.c tests/fuzz/fuzz.h $(call archives,$(FOLDERS))
	$(call say,FUZZ,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -DFUZZ_CORPUS='"tests/fuzz/corpus/$*"' -MMD -MP -MF $@.d $(LDFLAGS) -o $@ $< tests/fuzz/main.c -Wl,--start-group $(filter %.a,$^) -Wl,--end-group -lcmocka $(LDLIBS)

FUZZ_SECONDS ?= 60
FUZZ_BUILD   := build/fuzz

.PHONY: fuzz fuzz-build
fuzz: ## look for inputs that break it, with libFuzzer (FUZZ_SECONDS each; what is found lies in build/fuzz)
	$(Q)tools/deps.sh build test fuzz
	$(Q)+$(MAKE_QUIET) BUILD=$(FUZZ_BUILD) CC=clang fuzz-build \
	    CFLAGS="-std=c11 -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all" \
	    LDFLAGS="-fsanitize=fuzzer,address,undefined"
	$(Q)for name in $(notdir $(FUZZ)); do \
	    mkdir -p $(FUZZ_BUILD)/corpus/$${name#fuzz_} && \
	    $(FUZZ_BUILD)/tests/fuzz/$$name.long -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -print_final_stats=1 \
	        -artifact_prefix=$(FUZZ_BUILD)/$$name- $(FUZZ_BUILD)/corpus/$${name#fuzz_} tests/fuzz/corpus/$${name#fuzz_} || exit 1; \
	done

fuzz-build: $(addsuffix .long,$(FUZZ))

$(BUILD)/tests/fuzz/%.long: tests/fuzz/%.c tests/fuzz/fuzz.h $(call archives,$(FOLDERS))
	$(call say,FUZZ,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group -lcmocka $(LDLIBS)

-include $(FUZZ:=.d)
