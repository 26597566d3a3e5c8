# The program through which tests/oracle/test_dea_models.py calls the models beyond the radial scores.
$(BUILD)/tests/oracle/model_driver: tests/oracle/model_driver.c $(BUILD)/analytics.a $(BUILD)/base.a
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< $(BUILD)/analytics.a $(BUILD)/base.a $(LDLIBS)

oracles: $(BUILD)/tests/oracle/model_driver
