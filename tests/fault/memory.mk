# What tests/fault/test_no_memory.py preloads; never under a sanitizer, which has an allocator of its own.
oracles: $(BUILD)/tests/fault/shim_memory.so

$(BUILD)/tests/fault/shim_memory.so: tests/fault/shim_memory.c
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -D_GNU_SOURCE -std=c11 -O1 -Wall -Wextra -Werror -fPIC -shared -o $@ $<
