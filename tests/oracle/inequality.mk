# The driver that tests/oracle/test_inequality_oracle.py talks to.
oracles: $(BUILD)/tests/oracle/inequality_driver

$(BUILD)/tests/oracle/inequality_driver: tests/oracle/inequality_driver.c $(BUILD)/analytics.a $(BUILD)/base.a
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LDLIBS)

-include $(BUILD)/tests/oracle/inequality_driver.d
