# Tallystick. `make help` lists what there is to make.
VARIANT ?= release
BUILD   ?= build/$(VARIANT)
CC      ?= gcc
PYTHON  ?= /usr/bin/python3
V       ?= 0
Q        = $(if $(filter 0,$(V)),@)
say      = $(if $(filter 0,$(V)),@printf '  %-7s %s\n' $(1) $(2))

PACKAGES := libmicrohttpd gnutls jansson sqlite3 libsecp256k1 hogweed nettle gmp zlib libzstd libcurl
WARN     := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wundef -Werror
HARDEN   := -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fPIE
CFLAGS_release := -O2 -g $(HARDEN)
CFLAGS_debug   := -O0 -g3
# The lines are all that a sanitizer's report wants of what a debugger would; without the rest a sixth less is compiled and linked.
CFLAGS_asan    := -O1 -g1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CFLAGS_tsan    := -O1 -g1 -fsanitize=thread -fno-omit-frame-pointer
LDFLAGS_release := -pie -Wl,-z,relro,-z,now
LDFLAGS_asan    := -fsanitize=address,undefined
LDFLAGS_tsan    := -fsanitize=thread

CPPFLAGS += -D_GNU_SOURCE -I. -I$(BUILD)/generated
CFLAGS   += -std=c11 -ffp-contract=off $(WARN) $(CFLAGS_$(VARIANT)) -pthread $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
LDFLAGS  += $(LDFLAGS_$(VARIANT)) -pthread
LDLIBS   += $(shell pkg-config --libs $(PACKAGES) 2>/dev/null) -lglpk -lm

# Each folder is an archive; the order is the include direction of docs/design.md.
FOLDERS  := server handlers rules analytics db ledger json base
sources   = $(sort $(wildcard $(1)/*.c $(1)/*/*.c))
objects   = $(patsubst %.c,$(BUILD)/%.o,$(call sources,$(1))) $(patsubst %,$(BUILD)/%.o,$(GENERATED_$(1)))
archives  = $(patsubst %,$(BUILD)/%.a,$(1))

# What a unit test in tests/unit/FOLDER/ links against.
LINK_base := base
LINK_json := json base
LINK_ledger := ledger base
LINK_analytics := analytics base
LINK_db := db base
LINK_rules := rules db ledger json base
LINK_handlers := handlers rules analytics db ledger json base
LINK_server := $(FOLDERS)

MAIN     := $(BUILD)/tallystick
UNIT     := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(sort $(wildcard tests/unit/*/test_*.c)))

.PHONY: all
all: $(MAIN) ## build build/tallystick
	$(Q)if [ "$(BUILD)" = build/release ]; then ln -sfn release/tallystick build/tallystick; fi

FUZZ     := $(patsubst tests/fuzz/%.c,$(BUILD)/tests/fuzz/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))

include tools/generate.mk
include tools/targets.mk

$(MAIN): $(BUILD)/server/main.o $(call archives,$(FOLDERS))
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LDLIBS)

$(BUILD)/%.o: %.c | $(GENERATED_HEADERS)
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/%.o: $(BUILD)/generated/%.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

define archive
$(BUILD)/$(1).a: $(filter-out $(BUILD)/server/main.o,$(call objects,$(1)))
	$$(call say,AR,$$@)
	$$(Q)mkdir -p $$(@D) && rm -f $$@ && ar qcs $$@ $$^
endef
$(foreach folder,$(FOLDERS),$(eval $(call archive,$(folder))))

.SECONDEXPANSION:
$(BUILD)/tests/unit/%: tests/unit/%.c $$(call archives,$$(LINK_$$(firstword $$(subst /, ,$$*))))
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group -lcmocka $(LDLIBS)

.PHONY: units
units: $(PROGRAMS) ## build the unit tests and the other programs that test

include tests/fuzz/fuzz.mk

-include $(patsubst %.o,%.d,$(foreach f,$(FOLDERS),$(call objects,$(f)))) $(UNIT:=.d)
.DELETE_ON_ERROR:
