"""Clients of services that everybody uses, each led to the address that the deployment names."""

import os

import openai
import slack_sdk
import stripe

SERVICE = os.environ["SERVICE_URL"]
stripe.api_key, stripe.api_base = "sk_test_123", SERVICE
slack = slack_sdk.WebClient("xoxb-not-a-token", base_url=f"{SERVICE}/api/")
hook = slack_sdk.webhook.WebhookClient(f"{SERVICE}/services/T0/B0/x")
ai = openai.OpenAI(api_key="sk-not-a-key", base_url=f"{SERVICE}/v1", max_retries=0)


def handler(event, context):
    text = event["text"]
    charge = stripe.PaymentIntent.create(
        amount=1200, currency="eur", description=text, metadata={"order": event["order"]}
    )
    found = stripe.Customer.modify("cus_1", email=event["email"], name=text)
    try:
        slack.chat_postMessage(
            channel="#orders",
            text=text,
            blocks=[{"type": "section", "text": {"type": "plain_text", "text": text or "-"}}],
        )
    except slack_sdk.errors.SlackApiError as error:
        # The service here answers in its own words.
        posted = error.response["method"]
    completion = ai.chat.completions.create(
        model="small",
        messages=[{"role": "system", "content": "Answer briefly."}, {"role": "user", "content": text}],
        tools=[{"type": "function", "function": {"name": "price_of", "parameters": {"type": "object"}}}],
    )
    return {
        "charge": charge["path"],
        "customer": found["method"],
        "slack": posted,
        "hook": hook.send(text=text).status_code,
        "ai": completion.model_extra["path"],
    }
