# Targets for people: dependencies, running, testing, measuring, cleaning.
.PHONY: clean help
clean: ## remove what was built
	$(Q)rm -rf build

help: ## list the targets
	$(Q)grep -hE '^[a-z-]+:.*##' Makefile tools/*.mk | sed -E 's/:[^#]*##/\t/' | sort | awk -F'\t' '{printf "  make %-12s %s\n", $$1, $$2}'
