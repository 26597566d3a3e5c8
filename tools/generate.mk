# Files that the build makes: SQL statements and migrations as X-macro lists; start data, the contract, the pages of errors
# and the Chinese sentences as C arrays.
GENERATED_HEADERS := $(BUILD)/generated/db/statements.inc $(BUILD)/generated/db/migrations.inc \
                     $(BUILD)/generated/db/node_statements.inc $(BUILD)/generated/db/node_schema.inc \
                     $(BUILD)/generated/db/node_scope.inc $(BUILD)/generated/db/node_cosignature.inc \
                     $(BUILD)/generated/db/node_answer_key.inc
GENERATED_server  := server/embedded_provinces server/embedded_figures server/embedded_indicators \
                     server/embedded_sample server/embedded_openapi_yaml server/embedded_openapi_json server/embedded_docs
GENERATED_handlers := handlers/error_pages handlers/chinese_words

$(BUILD)/generated/db/statements.inc: $(sort $(wildcard db/sql/*.sql)) tools/statements.awk
	$(Q)mkdir -p $(@D) && awk -f tools/statements.awk $(filter %.sql,$^) > $@

$(BUILD)/generated/db/migrations.inc: $(sort $(wildcard db/migrations/*.sql)) tools/migrations.awk
	$(Q)mkdir -p $(@D) && awk -f tools/migrations.awk $(filter %.sql,$^) > $@

$(BUILD)/generated/db/node_statements.inc: db/node/statements.sql tools/statements.awk
	$(Q)mkdir -p $(@D) && awk -v macro=NODE_STATEMENTS -f tools/statements.awk $< > $@

$(BUILD)/generated/db/node_schema.inc: db/node/schema.sql tools/text.awk
	$(Q)mkdir -p $(@D) && awk -v macro=NODE_SCHEMA -f tools/text.awk $< > $@

$(BUILD)/generated/db/node_cosignature.inc: db/node/cosignature.sql tools/text.awk
	$(Q)mkdir -p $(@D) && awk -v macro=NODE_COSIGNATURE -f tools/text.awk $< > $@

$(BUILD)/generated/db/node_answer_key.inc: db/node/answer_key.sql tools/text.awk
	$(Q)mkdir -p $(@D) && awk -v macro=NODE_ANSWER_KEY -f tools/text.awk $< > $@

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

$(BUILD)/generated/server/embedded_docs.c: $(BUILD)/generated/docs.html tools/embed.sh
	$(embed)
$(BUILD)/generated/docs.html: openapi.json tools/docs_page.py
	$(Q)mkdir -p $(@D) && $(PYTHON) tools/docs_page.py $< > $@

$(BUILD)/generated/handlers/error_pages.c: $(sort $(wildcard docs/errors/*.md)) tools/pages.awk
	$(Q)mkdir -p $(@D) && LC_ALL=C awk -f tools/pages.awk $(filter %.md,$^) > $@

$(BUILD)/generated/handlers/chinese_words.c: handlers/chinese.tsv tools/messages.awk
	$(Q)mkdir -p $(@D) && LC_ALL=C awk -f tools/messages.awk $< > $@
