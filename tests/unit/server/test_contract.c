/*
 * The contract against the program: every row of the route table is an operation of
 * openapi.json with the same body limit, roles, media types and headers, and the reverse;
 * every problem code stands under its status, and the reverse. What answers look like is
 * compared by tests/http/test_contract.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "handlers/problem.h"
#include "server/routes.h"

enum { NAME_BYTES = 64 };

static const char *const method_members[] = { [METHOD_GET] = "get", [METHOD_POST] = "post", [METHOD_PUT] = "put",
                                              [METHOD_DELETE] = "delete" };

static json_t *contract;

static int load(void **state)
{
    json_error_t error;
    (void)state;
    contract = json_load_file("openapi.json", JSON_REJECT_DUPLICATES, &error);
    if (contract == NULL) {
        fprintf(stderr, "openapi.json:%d: %s\n", error.line, error.text);
    }
    return contract == NULL ? -1 : 0;
}

static int unload(void **state)
{
    (void)state;
    json_decref(contract);
    return 0;
}

/* The member of an object; the test fails where there is none. */
static json_t *member(json_t *object, const char *name)
{
    json_t *value = json_object_get(object, name);
    if (value == NULL) {
        fail_msg("the contract has no member %s where one is wanted", name);
    }
    return value;
}

/* Follows a local reference, where the value is one. */
static json_t *resolve(json_t *value)
{
    const char *reference = json_string_value(json_object_get(value, "$ref"));
    json_t *at = contract;
    if (reference == NULL) {
        return value;
    }
    assert_int_equal(strncmp(reference, "#/", 2), 0);
    for (const char *name = reference + 2; *name != 0;) {
        char step[NAME_BYTES];
        size_t length = strcspn(name, "/");
        assert_true(length < sizeof step);
        memcpy(step, name, length);
        step[length] = 0;
        at = member(at, step);
        name += length + (name[length] == '/');
    }
    return at;
}

static json_t *operation_of(const struct route *route)
{
    json_t *path = json_object_get(json_object_get(contract, "paths"), route->path);
    return json_object_get(path, method_members[route->method]);
}

/* The parameter of that name and place, of the operation or its path; NULL where there is none. */
static json_t *find_parameter(const struct route *route, const char *place, const char *name)
{
    json_t *lists[] = { json_object_get(operation_of(route), "parameters"),
                        json_object_get(json_object_get(json_object_get(contract, "paths"), route->path), "parameters") };
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        size_t index;
        json_t *value;
        json_array_foreach(lists[i], index, value) {
            json_t *parameter = resolve(value);
            if (strcmp(json_string_value(member(parameter, "in")), place) == 0 &&
                strcmp(json_string_value(member(parameter, "name")), name) == 0) {
                return parameter;
            }
        }
    }
    return NULL;
}

static bool has_text(json_t *array, const char *text)
{
    size_t index;
    json_t *value;
    json_array_foreach(array, index, value) {
        if (strcmp(json_string_value(value), text) == 0) {
            return true;
        }
    }
    return false;
}

static void test_every_route_is_in_the_contract(void **state)
{
    size_t count = 0;
    const struct route *routes = routes_table(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        if (operation_of(&routes[i]) == NULL) {
            fail_msg("openapi.yaml lacks %s %s", method_members[routes[i].method], routes[i].path);
        }
    }
}

static void test_the_contract_has_no_other_operations(void **state)
{
    size_t count = 0;
    const struct route *routes = routes_table(&count);
    const char *path;
    json_t *item;
    (void)state;
    json_object_foreach(member(contract, "paths"), path, item) {
        const char *name;
        json_t *operation;
        json_object_foreach(item, name, operation) {
            bool is_known = strcmp(name, "parameters") == 0;
            for (size_t i = 0; i < count && !is_known; i++) {
                is_known = strcmp(routes[i].path, path) == 0 && strcmp(method_members[routes[i].method], name) == 0;
            }
            if (!is_known) {
                fail_msg("the route table lacks %s %s", name, path);
            }
        }
    }
}

static void check_roles(const struct route *route)
{
    static const enum role roles[] = { ROLE_ADMIN, ROLE_COORDINATOR, ROLE_OPERATOR, ROLE_AUDITOR, ROLE_PUBLIC };
    json_t *operation = operation_of(route);
    json_t *named = member(operation, "x-tallystick-roles");
    size_t wanted = 0;
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        bool may = (route->roles & ROLE_BIT(roles[i])) != 0;
        wanted += may;
        if (has_text(named, role_name(roles[i])) != may) {
            fail_msg("%s %s: the role %s", method_members[route->method], route->path, role_name(roles[i]));
        }
    }
    assert_int_equal(json_array_size(named), wanted);
    /* security: none for what even a private service tells everybody, optional where there are no roles */
    json_t *security = member(operation, "security");
    bool is_open = route->is_bare || strcmp(route->path, "/readyz") == 0;
    size_t alternatives = is_open ? 0 : route->roles == 0 ? 2 : 1;
    if (json_array_size(security) != alternatives ||
        (alternatives == 2 && json_object_size(json_array_get(security, 0)) != 0)) {
        fail_msg("%s %s: security", method_members[route->method], route->path);
    }
}

static void check_body(const struct route *route)
{
    json_t *operation = operation_of(route);
    json_t *content = json_object_get(json_object_get(operation, "requestBody"), "content");
    bool has_body = route->body_bytes_max > 0;
    if (json_integer_value(member(operation, "x-body-limit")) != (json_int_t)route->body_bytes_max ||
        (content != NULL) != has_body || (json_object_get(content, "application/json") != NULL) != has_body ||
        (json_object_get(content, "text/csv") != NULL) != route->takes_csv ||
        (json_object_get(content, "application/jose") != NULL) != route->takes_jose ||
        json_object_size(content) != (size_t)has_body + route->takes_csv + route->takes_jose) {
        fail_msg("%s %s: the body and its limit", method_members[route->method], route->path);
    }
}

static void check_headers(const struct route *route)
{
    bool is_write = route->class == CLASS_WRITE;
    json_t *key = find_parameter(route, "header", "Idempotency-Key");
    bool is_needed = json_is_true(json_object_get(key, "required"));
    if ((key != NULL) != is_write || is_needed != (is_write && route->method == METHOD_POST)) {
        fail_msg("%s %s: Idempotency-Key", method_members[route->method], route->path);
    }
    if ((find_parameter(route, "header", "Prefer") != NULL) != (is_write || route->is_async)) {
        fail_msg("%s %s: Prefer", method_members[route->method], route->path);
    }
    if (route->method != METHOD_GET && (find_parameter(route, "header", "If-None-Match") != NULL) != (is_write || route->method == METHOD_DELETE)) {
        fail_msg("%s %s: If-None-Match", method_members[route->method], route->path);
    }
}

/* Whatever is read may come compressed, and says so; what is changed is answered as Prefer has it. */
static void check_vary(const struct route *route)
{
    json_t *responses = member(operation_of(route), "responses");
    static const char *const statuses[] = { "200", "201", "304" };
    const char *wanted = route->class == CLASS_WRITE ? "#/components/headers/Vary-Prefer" : "#/components/headers/Vary";
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        json_t *headers = json_object_get(json_object_get(responses, statuses[i]), "headers");
        const char *vary = json_string_value(json_object_get(json_object_get(headers, "Vary"), "$ref"));
        bool is_drawn = json_object_get(json_object_get(json_object_get(responses, "200"), "content"), "image/svg+xml") != NULL;
        bool is_told = vary != NULL && (strcmp(vary, "#/components/headers/Vary-Told") == 0 || /* what the wanted one says, and the language */
                                        (is_drawn && strcmp(vary, "#/components/headers/Vary-Drawn") == 0)); /* of pictures */
        if (headers != NULL && (vary == NULL || (strcmp(vary, wanted) != 0 && !is_told))) {
            fail_msg("%s %s: Vary in %s", method_members[route->method], route->path, statuses[i]);
        }
    }
}

/* Every {name} of the path is described, and nothing else is. */
static void check_path(const struct route *route)
{
    const char *at = route->path;
    while ((at = strchr(at, '{')) != NULL) {
        char name[NAME_BYTES];
        size_t length = strcspn(++at, "}");
        assert_true(length < sizeof name);
        memcpy(name, at, length);
        name[length] = 0;
        if (find_parameter(route, "path", name) == NULL) {
            fail_msg("%s: the contract does not describe {%s}", route->path, name);
        }
    }
}

static void test_operations_say_what_the_routes_say(void **state)
{
    size_t count = 0;
    const struct route *routes = routes_table(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        check_roles(&routes[i]);
        check_body(&routes[i]);
        check_headers(&routes[i]);
        check_path(&routes[i]);
        check_vary(&routes[i]);
    }
}

static void test_operation_ids_differ(void **state)
{
    size_t count = 0;
    const struct route *routes = routes_table(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        const char *id = json_string_value(member(operation_of(&routes[i]), "operationId"));
        assert_non_null(id);
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(id, json_string_value(member(operation_of(&routes[j]), "operationId")));
        }
    }
}

static void test_problem_codes_are_those_of_the_table(void **state)
{
    json_t *codes = member(member(member(member(contract, "components"), "schemas"), "ProblemCode"), "enum");
    size_t count = 0;
    (void)state;
    for (const char *code; (code = problem_code_at(count)) != NULL; count++) {
        const char *named = json_string_value(json_array_get(codes, count));
        if (named == NULL || strcmp(named, code) != 0) {
            fail_msg("ProblemCode has %s where the table has %s", named != NULL ? named : "nothing", code);
        }
    }
    assert_int_equal(json_array_size(codes), count);
}

/* The refinement of Problem in a response: its status and the codes that it may have. */
static json_t *refinement(json_t *response)
{
    json_t *media = member(member(response, "content"), "application/problem+json");
    return member(json_array_get(member(member(media, "schema"), "allOf"), 1), "properties");
}

static void test_responses_name_the_codes_of_their_status(void **state)
{
    const char *name;
    json_t *response;
    enum { CODES_MAX = 512 };
    static const char *seen[CODES_MAX];
    size_t named = 0, count = 0;
    (void)state;
    json_object_foreach(member(member(contract, "components"), "responses"), name, response) {
        if (json_object_get(member(response, "content"), "application/problem+json") == NULL) {
            continue; /* a success that several operations share */
        }
        json_t *properties = refinement(response);
        json_t *status = member(properties, "status");
        size_t index;
        json_t *code;
        json_array_foreach(member(member(properties, "code"), "enum"), index, code) {
            const char *text = json_string_value(code);
            json_int_t wanted = json_integer_value(json_object_get(status, "const"));
            bool is_there = problem_code_is_known(text) && problem_code_status(text) == wanted;
            size_t at;
            json_t *value;
            json_array_foreach(json_object_get(status, "enum"), at, value) {
                is_there = is_there || problem_code_status(text) == json_integer_value(value);
            }
            if (!is_there) {
                fail_msg("the response %s names %s, whose status is another", name, text);
            }
            size_t before = 0;
            while (before < named && strcmp(seen[before], text) != 0) {
                before++;
            }
            assert_true(before < CODES_MAX);
            seen[before] = text; /* the answer to all else may name one that has a response of its own */
            named += before == named;
        }
    }
    while (problem_code_at(count) != NULL) {
        count++;
    }
    assert_int_equal(named, count); /* each code stands under one status, so that none is missing */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_route_is_in_the_contract),
        cmocka_unit_test(test_the_contract_has_no_other_operations),
        cmocka_unit_test(test_operations_say_what_the_routes_say),
        cmocka_unit_test(test_operation_ids_differ),
        cmocka_unit_test(test_problem_codes_are_those_of_the_table),
        cmocka_unit_test(test_responses_name_the_codes_of_their_status),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
