"""From the webhook inbox into the tenants: drain, admission, receiving, routing, consent words."""
