/* Recognises events that an HTTP service made, and knows how each reads a failure.
 *
 * What counts is what such a service writes first and no caller of it can move or pad: https://docs.aws.amazon.com/,
 * apigateway/latest/developerguide/{set-up-lambda-proxy-integrations,http-api-develop-integrations-lambda}.html,
 * lambda/latest/dg/{urls-invocation,services-alb}.html and vpc-lattice/latest/ug/lambda-functions.html. Everything else is an
 * event that may be retried: taken for one of these, it would lose that.
 */
#ifndef DAYFLY_SERVICE_H
#define DAYFLY_SERVICE_H

#include "common.h"

enum service {
    SERVICE_NONE,     /* no HTTP service's, as far as its beginning tells */
    SERVICE_GATEWAY,  /* API Gateway (REST, HTTP, WebSocket) or a function URL */
    SERVICE_BALANCER, /* an Application Load Balancer or VPC Lattice */
};

/* Say which service made an event, by its first JSON_MAX_SCAN bytes at most: what follows does not matter. */
enum service service_of(struct bytes event);

/* What a service that awaits an HTTP response is answered when there is none: a well-formed 502 that tells nothing else. */
struct bytes service_failure(enum service service);

#endif
