# Files that the build makes: SQL statements and migrations as X-macro lists, start data and
# the contract as C arrays.
GENERATED_HEADERS := $(BUILD)/generated/db/statements.inc $(BUILD)/generated/db/migrations.inc \
                     $(BUILD)/generated/db/node_statements.inc $(BUILD)/generated/db/node_schema.inc \
                     $(BUILD)/generated/db/node_scope.inc
GENERATED_server  := server/embedded_provinces server/embedded_figures server/embedded_indicators \
                     server/embedded_sample server/embedded_openapi_yaml server/embedded_openapi_json

$(BUILD)/generated/db/statements.inc: $(sort $(wildcard db/sql/*.sql)) tools/statements.awk
	$(Q)mkdir -p $(@D) && awk -f tools/statements.awk $(filter %.sql,$^) > $@

$(BUILD)/generated/db/migrations.inc: $(sort $(wildcard db/migrations/*.sql)) tools/migrations.awk
	$(Q)mkdir -p $(@D) && awk -f tools/migrations.awk $(filter %.sql,$^) > $@

$(BUILD)/generated/db/node_statements.inc: db/node/statements.sql tools/statements.awk
	$(Q)mkdir -p $(@D) && awk -v macro=NODE_STATEMENTS -f tools/statements.awk $< > $@

$(BUILD)/generated/db/node_schema.inc: db/node/schema.sql tools/text.awk
	$(Q)mkdir -p $(@D) && awk -v macro=NODE_SCHEMA -f tools/text.awk $< > $@

$(BUILD)/generated/db/node_scope.inc: db/node/scope.sql tools/text.awk
	$(Q)mkdir -p $(@D) && awk -v macro=NODE_SCOPE -f tools/text.awk $< > $@

embed = $(Q)mkdir -p $(@D) && sh tools/embed.sh $(basename $(@F)) $< > $@
$(BUILD)/generated/server/embedded_provinces.c: data/provinces.csv tools/embed.sh
	$(embed)
$(BUILD)/generated/server/embedded_figures.c: data/figures.csv tools/embed.sh
	$(embed)
$(BUILD)/generated/server/embedded_indicators.c: data/indicators.csv tools/embed.sh
	$(embed)
$(BUILD)/generated/server/embedded_sample.c: data/sample.tsv tools/embed.sh
	$(embed)
$(BUILD)/generated/server/embedded_openapi_yaml.c: openapi.yaml tools/embed.sh
	$(embed)
$(BUILD)/generated/server/embedded_openapi_json.c: openapi.json tools/embed.sh
	$(embed)
