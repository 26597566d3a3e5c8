# Programs that drive the executor on a machine in trouble: on a disk in memory that fails or loses power, and without memory.
FAULTS := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/fault/test_*.c)))
FAULT_PARTS := $(filter-out tests/fault/shim%,$(filter-out tests/fault/test_%,$(sort $(wildcard tests/fault/*.c))))
FAULT_OBJECTS := $(FAULT_PARTS:%.c=$(BUILD)/%.o)

$(BUILD)/tests/fault/test_%: $(BUILD)/tests/fault/test_%.o $(FAULT_OBJECTS) $(call archives,$(filter-out server,$(FOLDERS)))
	$(call say,TEST,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group -lcmocka $(LDLIBS)

-include $(patsubst %.o,%.d,$(FAULT_OBJECTS) $(FAULTS:=.o))
.SECONDARY: $(FAULT_OBJECTS) $(FAULTS:=.o)

# Allocations of our archives go through the test, which lets them fail.
$(BUILD)/tests/fault/test_memory: private LDFLAGS += -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup

# The driver of the tests in Python.
FAULT_DRIVER := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/fault/driver/*.c)) tests/fault/disk.c tests/fault/disk_node.c)
oracles: $(BUILD)/tests/fault/driver/driver

$(BUILD)/tests/fault/driver/driver: $(FAULT_DRIVER) $(call archives,$(FOLDERS))
	$(call say,TEST,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LDLIBS)

.SECONDARY: $(FAULT_DRIVER)
-include $(FAULT_DRIVER:.o=.d)
