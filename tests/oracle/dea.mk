# The program through which tests/oracle/test_dea_oracle.py calls the efficiency analysis.
$(BUILD)/tests/oracle/dea_driver: tests/oracle/dea_driver.c $(BUILD)/analytics.a $(BUILD)/base.a
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< $(BUILD)/analytics.a $(BUILD)/base.a $(LDLIBS)

oracles: $(BUILD)/tests/oracle/dea_driver

# The same for tests/oracle/test_malmquist_oracle.py.
$(BUILD)/tests/oracle/malmquist_driver: tests/oracle/malmquist_driver.c $(BUILD)/analytics.a $(BUILD)/base.a
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< $(BUILD)/analytics.a $(BUILD)/base.a $(LDLIBS)

oracles: $(BUILD)/tests/oracle/malmquist_driver

# The same for tests/oracle/test_bootstrap_oracle.py.
$(BUILD)/tests/oracle/bootstrap_driver: tests/oracle/bootstrap_driver.c $(BUILD)/analytics.a $(BUILD)/base.a
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< $(BUILD)/analytics.a $(BUILD)/base.a $(LDLIBS)

oracles: $(BUILD)/tests/oracle/bootstrap_driver
