# What tests/fault/test_ready.py preloads: no sanitizer, nothing of ours.
oracles: $(BUILD)/tests/fault/shim.so

$(BUILD)/tests/fault/shim.so: tests/fault/shim.c tests/fault/shim_disk.c tests/fault/shim.h
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -D_GNU_SOURCE -std=c11 -O1 -Wall -Wextra -Werror -fPIC -shared -pthread -o $@ $(filter %.c,$^)
