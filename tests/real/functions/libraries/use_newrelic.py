"""New Relic's agent, which harvests in a thread of its own, in its mode for developers, without a service to report to."""

import os

os.environ["NEW_RELIC_DEVELOPER_MODE"] = "true"
os.environ["NEW_RELIC_LICENSE_KEY"] = "0123456789012345678901234567890123456789"

import newrelic.agent
from serving import serve

newrelic.agent.initialize()


@newrelic.agent.function_trace()
def price(number):
    newrelic.agent.record_custom_event("Order", {"amount": number})
    return number * 3


@newrelic.agent.background_task()
def use(number):
    return {"price": price(number), "is_recorded": newrelic.agent.current_transaction() is not None}


newrelic.agent.register_application(timeout=10)
handler = serve(use)
