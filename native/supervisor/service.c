#include "service.h"

#include "json.h"

/* As API Gateway words a failure itself. */
#define BODY "\"body\":\"{\\\"message\\\": \\\"Internal server error\\\"}\",\"isBase64Encoded\":false}"
#define HEADERS "\"headers\":{\"Content-Type\":\"application/json\"},"

struct bytes service_failure(enum service service) {
    /* API Gateway's REST APIs refuse a response with fields that they do not know. */
    static const struct bytes texts[] = {
        [SERVICE_NONE] = {NULL, 0},
        [SERVICE_GATEWAY] = LITERAL("{\"statusCode\":502," HEADERS BODY),
        /* A load balancer reads the one or the other, as its target group is set. */
        [SERVICE_BALANCER] = LITERAL("{\"statusCode\":502,\"statusDescription\":\"502 Bad Gateway\"," HEADERS
                                     "\"multiValueHeaders\":{\"Content-Type\":[\"application/json\"]}," BODY),
    };
    return texts[service];
}

static bool is(struct bytes key, const char *name) { return bytes_equal(key, bytes_of(name)); }

/* What a request's context begins with: each service's has its own. */
static enum service service_of_context(struct bytes context, bool is_first) {
    struct json_keys keys;
    struct bytes key;
    if (!json_keys_begin(&keys, context) || !json_keys_next(&keys, &key, NULL))
        return SERVICE_NONE;
    return is(key, "routeKey") ? SERVICE_GATEWAY : is_first && is(key, "elb") ? SERVICE_BALANCER : SERVICE_NONE;
}

/* A WebSocket's first and last event: its headers and its query stand before the context. */
static enum service service_of_handshake(struct json_keys *keys) {
    struct bytes key, value;
    while (json_keys_next(keys, &key, &value)) {
        if (is(key, "requestContext"))
            return service_of_context(value, false);
        if (!is(key, "queryStringParameters") && !is(key, "multiValueQueryStringParameters"))
            break;
    }
    return SERVICE_NONE;
}

enum service service_of(struct bytes event) {
    /* What stands first and what second; `value` is the first one's, with its quotes, where it must be a certain one, else any
     * text is. */
    static const struct {
        const char *first, *value, *second;
        enum service service;
    } shapes[] = {
        {"resource", NULL, "path", SERVICE_GATEWAY},
        {"version", "\"1.0\"", "resource", SERVICE_GATEWAY},
        {"version", "\"2.0\"", "routeKey", SERVICE_GATEWAY},
        {"version", "\"2.0\"", "path", SERVICE_BALANCER},
        {"raw_path", NULL, "method", SERVICE_BALANCER},
    };
    static const char *const begins[] = {"resource", "version", "requestContext", "headers", "raw_path"};
    struct json_keys keys, ahead;
    struct bytes first, value, second;
    bool is_known = false;
    if (!json_keys_begin(&keys, event))
        return SERVICE_NONE;
    /* The key alone: of no other's event a value is read, large as it may be. */
    ahead = keys;
    if (!json_keys_next(&ahead, &first, NULL))
        return SERVICE_NONE;
    for (size_t i = 0; i < COUNT(begins); i++)
        is_known |= is(first, begins[i]);
    if (!is_known || !json_keys_next(&keys, &first, &value))
        return SERVICE_NONE;
    if (is(first, "requestContext")) {
        enum service service = service_of_context(value, true);
        bool fits = service != SERVICE_BALANCER || (json_keys_next(&keys, &second, NULL) && is(second, "httpMethod"));
        return fits ? service : SERVICE_NONE;
    }
    if (!json_keys_next(&keys, &second, NULL))
        return SERVICE_NONE;
    if (is(first, "headers") && is(second, "multiValueHeaders"))
        return service_of_handshake(&keys);
    for (size_t i = 0; i < COUNT(shapes); i++)
        if (is(first, shapes[i].first) && is(second, shapes[i].second) &&
            (shapes[i].value == NULL ? value.at[0] == '"' : is(value, shapes[i].value)))
            return shapes[i].service;
    return SERVICE_NONE;
}
