# The program through which the tests in Python call the ledger.
$(BUILD)/tests/oracle/ledger_driver: tests/oracle/ledger_driver.c $(BUILD)/ledger.a $(BUILD)/base.a
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< $(BUILD)/ledger.a $(BUILD)/base.a $(LDLIBS)

oracles: $(BUILD)/tests/oracle/ledger_driver
