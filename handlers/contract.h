#ifndef HANDLERS_CONTRACT_H
#define HANDLERS_CONTRACT_H

#include "handlers/exchange.h"

/* GET /openapi.yaml and /openapi.json: the contract that is built into the program. */
enum handled contract_yaml(struct exchange *exchange);
enum handled contract_json(struct exchange *exchange);

/* GET /docs: the same as a web page (tools/docs_page.py). */
enum handled contract_page(struct exchange *exchange);

#endif
