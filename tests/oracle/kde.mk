# The driver that tests/oracle/test_kde_oracle.py talks to.
oracles: $(BUILD)/tests/oracle/kde_driver

$(BUILD)/tests/oracle/kde_driver: tests/oracle/kde_driver.c $(BUILD)/analytics.a $(BUILD)/base.a
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LDLIBS)

-include $(BUILD)/tests/oracle/kde_driver.d

# The same for tests/oracle/test_kde_permutation.py.
oracles: $(BUILD)/tests/oracle/permutation_driver

$(BUILD)/tests/oracle/permutation_driver: tests/oracle/permutation_driver.c $(BUILD)/analytics.a $(BUILD)/base.a
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LDLIBS)

-include $(BUILD)/tests/oracle/permutation_driver.d
