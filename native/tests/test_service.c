/* Events as HTTP services write them are recognised, whatever a caller puts into them; nothing else is. */
#include "../supervisor/service.h"
#include "../supervisor/json.h"
#include "unit.h"

#include <stdlib.h>

#define REST "{\"resource\":\"/{proxy+}\",\"path\":\"/a\",\"httpMethod\":\"POST\",\"headers\":{\"Host\":\"x\"}"
#define REST_OF_HTTP_API "{\"version\":\"1.0\",\"resource\":\"/a\",\"path\":\"/a\",\"httpMethod\":\"GET\""
#define HTTP_API "{\"version\":\"2.0\",\"routeKey\":\"$default\",\"rawPath\":\"/a\",\"rawQueryString\":\"\""
#define BALANCER "{\"requestContext\":{\"elb\":{\"targetGroupArn\":\"arn:x\"}},\"httpMethod\":\"GET\",\"path\":\"/\""
#define LATTICE "{\"version\":\"2.0\",\"path\":\"/\",\"method\":\"GET\",\"headers\":{}"
#define LATTICE_1 "{\"raw_path\":\"/a\",\"method\":\"GET\",\"headers\":{}"
#define MESSAGE "{\"requestContext\":{\"routeKey\":\"send\",\"messageId\":\"m\",\"eventType\":\"MESSAGE\"},\"body\":\"x\""
#define CONNECT "{\"headers\":{\"Host\":\"x\"},\"multiValueHeaders\":{\"Host\":[\"x\"]},"
#define CONTEXT "\"requestContext\":{\"routeKey\":\"$connect\",\"eventType\":\"CONNECT\"},\"isBase64Encoded\":false"

static void every_service_is_recognised(void) {
    static const struct {
        struct bytes event;
        enum service service;
    } made[] = {
        {LITERAL(REST "}"), SERVICE_GATEWAY},
        {LITERAL(REST_OF_HTTP_API "}"), SERVICE_GATEWAY},
        {LITERAL(HTTP_API "}"), SERVICE_GATEWAY},
        {LITERAL(MESSAGE "}"), SERVICE_GATEWAY},
        {LITERAL(CONNECT CONTEXT "}"), SERVICE_GATEWAY},
        {LITERAL(CONNECT "\"queryStringParameters\":{\"a\":\"\"},\"multiValueQueryStringParameters\":{\"a\":[\"\"]}," CONTEXT "}"),
         SERVICE_GATEWAY},
        {LITERAL(BALANCER "}"), SERVICE_BALANCER},
        {LITERAL(LATTICE "}"), SERVICE_BALANCER},
        {LITERAL(LATTICE_1 "}"), SERVICE_BALANCER},
        /* As people keep events in files. */
        {LITERAL("\n{\n  \"version\" : \"2.0\" ,\n\t\"routeKey\" :\r\n \"GET /\" }"), SERVICE_GATEWAY},
    };
    for (size_t i = 0; i < COUNT(made); i++)
        CHECK_EQUAL(service_of(made[i].event), made[i].service);
}

static void what_is_like_one_is_none(void) {
    static const struct bytes others[] = {
        LITERAL(""),
        LITERAL("{}"),
        LITERAL("[" REST "}]"),
        LITERAL("\"" HTTP_API "}\""),
        LITERAL("null"),
        /* Events that may be retried. */
        LITERAL("{\"Records\":[{\"body\":\"\",\"eventSource\":\"aws:sqs\"}],\"version\":\"2.0\",\"routeKey\":\"x\"}"),
        LITERAL("{\"version\":\"0\",\"id\":\"i\",\"detail-type\":\"t\",\"detail\":{\"version\":\"2.0\",\"routeKey\":\"x\"}}"),
        LITERAL("{\"version\":\"1.0\",\"timestamp\":\"t\",\"requestContext\":{\"requestId\":\"r\"},\"requestPayload\":{}}"),
        LITERAL("{\"version\":\"1.0\",\"invokingEvent\":\"{}\"}"),
        LITERAL("{\"version\":\"1\",\"region\":\"r\",\"triggerSource\":\"PreSignUp_SignUp\"}"),
        LITERAL("{\"requestPayload\":" REST "}}"),
        /* Those of authorizers, which are not answered with an HTTP response. */
        LITERAL("{\"version\":\"2.0\",\"type\":\"REQUEST\",\"routeArn\":\"a\",\"routeKey\":\"x\"}"),
        LITERAL("{\"type\":\"REQUEST\",\"methodArn\":\"a\",\"resource\":\"/\",\"path\":\"/\"}"),
        /* Padded, moved, written otherwise, or begun with something else. */
        LITERAL("{\"a\":1," REST "}}"),
        LITERAL("{\"body\":\"\",\"resource\":\"/\",\"path\":\"/\"}"),
        LITERAL("{\"path\":\"/\",\"resource\":\"/\"}"),
        LITERAL("{\"routeKey\":\"x\",\"version\":\"2.0\"}"),
        LITERAL("{\"\\u0072esource\":\"/\",\"path\":\"/\"}"),
        LITERAL("{\"resource\":\"/\",\"p\\u0061th\":\"/\"}"),
        LITERAL("{\"version\":\"2\\u002e0\",\"routeKey\":\"x\"}"),
        LITERAL("{\"Resource\":\"/\",\"path\":\"/\"}"),
        LITERAL("{\"resource\":\"/\",\"resource\":\"/\",\"path\":\"/\"}"),
        LITERAL("{\"version\":2.0,\"routeKey\":\"x\"}"),
        LITERAL("{\"version\":\"2.0 \",\"routeKey\":\"x\"}"),
        LITERAL("{\"version\":\"2.0\",\"rawPath\":\"/\",\"routeKey\":\"x\"}"),
        LITERAL("{\"resource\":{\"a\":1},\"path\":\"/\"}"),
        LITERAL("\xef\xbb\xbf" REST "}"),
        LITERAL("{'resource':'/','path':'/'}"),
        LITERAL("{\"resource\":\"/\" \"path\":\"/\"}"),
        LITERAL("{\"resource\":\"/\",\"path\"}"),
        LITERAL("{\"resource\":\"/\n\",\"path\":\"/\"}"),
        LITERAL("\v" REST "}"),
        /* Contexts of somebody else's. */
        LITERAL("{\"requestContext\":{\"a\":0,\"elb\":{}},\"httpMethod\":\"GET\"}"),
        LITERAL("{\"requestContext\":{\"elb\":{}},\"path\":\"/\"}"),
        LITERAL("{\"requestContext\":\"elb\",\"httpMethod\":\"GET\"}"),
        LITERAL("{\"requestContext\":[\"elb\"],\"httpMethod\":\"GET\"}"),
        LITERAL("{\"requestContext\":{\"http\":{}},\"routeKey\":\"x\"}"),
        LITERAL(CONNECT "\"body\":\"\"," CONTEXT "}"),
        LITERAL(CONNECT "\"requestContext\":{\"elb\":{}},\"httpMethod\":\"GET\"}"),
        LITERAL("{\"headers\":{},\"requestContext\":{\"routeKey\":\"x\"}}"),
    };
    for (size_t i = 0; i < COUNT(others); i++)
        CHECK_EQUAL(service_of(others[i]), SERVICE_NONE);
}

/* A caller decides about what stands behind the first keys, its length included. */
static void no_caller_can_hide_one(void) {
    static const char *const beginnings[] = {REST, REST_OF_HTTP_API, HTTP_API, BALANCER, LATTICE, LATTICE_1, MESSAGE};
    static const char *const bodies[] = {
        "\"", "\\", "}", "{\"Records\":[", "\\\"}],\\\"version\\\":\\\"0\\\"", "\"resource\":1", "\xff\xfe", "[[[[[[[[",
    };
    for (size_t i = 0; i < COUNT(beginnings); i++)
        for (size_t k = 0; k < COUNT(bodies); k++) {
            char text[1024];
            int n = snprintf(text, sizeof(text), "%s,\"body\":\"%s", beginnings[i], bodies[k]);
            CHECK(service_of((struct bytes){(const uint8_t *)text, (size_t)n}) != SERVICE_NONE);
        }
    /* All that API Gateway takes of headers and query, every byte escaped. */
    enum { TAKEN = 10240 };
    static char text[8 * TAKEN + 1024];
    struct buffer out = {(uint8_t *)text, 0, sizeof(text)};
    const char *const names[] = {"{\"headers\":{\"Host\":\"", "\"},\"multiValueHeaders\":{\"Host\":[\""};
    for (size_t i = 0; i < COUNT(names); i++) {
        (void)buffer_print(&out, "%s", names[i]);
        for (size_t k = 0; k < TAKEN; k++)
            (void)buffer_print(&out, "\\\"");
    }
    (void)buffer_print(&out, "\"]}," CONTEXT "}");
    CHECK_EQUAL(service_of(buffer_bytes(&out)), SERVICE_GATEWAY);
}

/* What begins like one and goes on for megabytes is read to the limit only: behind it nothing is touched. */
static void no_more_than_the_beginning_is_read(void) {
    static const char *const beginnings[] = {"{\"Records\":\"", "{\"resource\":\"", "{\"headers\":{\"a\":\"", "{\"requestContext\":[[", ""};
    for (size_t i = 0; i < COUNT(beginnings); i++) {
        uint8_t *at = malloc(JSON_MAX_SCAN);
        CHECK(at != NULL);
        memset(at, ' ', JSON_MAX_SCAN);
        memcpy(at, beginnings[i], strlen(beginnings[i]));
        /* As if it were larger: the sanitizer finds a byte that is read beyond. */
        CHECK_EQUAL(service_of((struct bytes){at, 64 * JSON_MAX_SCAN}), SERVICE_NONE);
        free(at);
    }
}

static void every_service_gets_what_it_can_read(void) {
    struct bytes gateway = service_failure(SERVICE_GATEWAY), balancer = service_failure(SERVICE_BALANCER), key, value;
    struct json_keys keys;
    size_t n = 0;
    CHECK(bytes_equal(gateway, LITERAL("{\"statusCode\":502,\"headers\":{\"Content-Type\":\"application/json\"},\"body\":"
                                       "\"{\\\"message\\\": \\\"Internal server error\\\"}\",\"isBase64Encoded\":false}")));
    CHECK(json_keys_begin(&keys, balancer));
    for (; json_keys_next(&keys, &key, &value); n++)
        CHECK(n > 0 || (bytes_equal(key, LITERAL("statusCode")) && bytes_equal(value, LITERAL("502"))));
    CHECK_EQUAL(n, 6);
    CHECK_EQUAL(service_failure(SERVICE_NONE).n, 0);
}

int main(void) {
    RUN(every_service_is_recognised());
    RUN(what_is_like_one_is_none());
    RUN(no_caller_can_hide_one());
    RUN(no_more_than_the_beginning_is_read());
    RUN(every_service_gets_what_it_can_read());
    return 0;
}
