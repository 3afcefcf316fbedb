"""Celery application: queues, routes and the beat schedule."""

from __future__ import annotations

import os

from celery import Celery
from celery.schedules import crontab

from config import valkey_broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

valkey_broker.install()
app = Celery("trunkline", amqp="config.broker_connection:SteadyAMQP")
app.config_from_object("django.conf:settings", namespace="CELERY")
# Django's fixup closes the database connection around every task unless told otherwise; it reads
# this from the app's configuration only.
app.conf.CELERY_DB_REUSE_MAX = 1000
app.autodiscover_tasks(["tenants", "messaging"])

# Kinds of work that must not wait for each other: messages, slow remote ends, and the texts of
# broadcasts, which may be many thousands and are nobody's answer.
app.conf.task_default_queue = "messages"
app.conf.task_routes = {
    "messaging.deliver_bulk_message": {"queue": "bulk"},
    "messaging.deliver_due_bulk": {"queue": "bulk"},
    "messaging.fetch_media": {"queue": "slow"},
    "messaging.look_up_message": {"queue": "slow"},
    "messaging.send_mail": {"queue": "slow"},
    "messaging.run_export": {"queue": "slow"},
    "messaging.run_broadcast": {"queue": "slow"},
    "messaging.delete_old": {"queue": "slow"},
    "messaging.forget_events": {"queue": "slow"},
    "messaging.erase_person": {"queue": "slow"},
    "messaging.remove_tenant": {"queue": "slow"},
    "messaging.push_message": {"queue": "slow"},
    "tenants.provision_tenant": {"queue": "slow"},
    "messaging.count_usage": {"queue": "slow"},
    "tenants.mail_invitation": {"queue": "slow"},
    "tenants.mail_reset_link": {"queue": "slow"},
}
app.conf.beat_schedule = {
    # Finds events no bell rang for: Valkey was down, or a worker died in the middle.
    "route-webhook-events": {
        "task": "messaging.route_webhook_events",
        "schedule": 2.0,
        "options": {"expires": 2.0},
    },
    "sweep-provisioning": {
        "task": "tenants.sweep_provisioning",
        "schedule": 30.0,
        "options": {"expires": 30.0},
    },
    "sweep-removals": {
        "task": "tenants.sweep_removals",
        "schedule": 60.0,
        "options": {"expires": 60.0},
    },
    "sweep-invitations": {
        "task": "tenants.sweep_invitations",
        "schedule": 60.0,
        "options": {"expires": 60.0},
    },
    "sweep-tenants": {
        "task": "messaging.sweep_tenants",
        "schedule": 15.0,
        "options": {"expires": 15.0},
    },
    "count-usage": {
        "task": "messaging.count_usage",
        "schedule": 300.0,
        "options": {"expires": 300.0},
    },
    # Each tenant's night is another; what one run leaves the next takes up.
    "delete-old-everywhere": {
        "task": "messaging.delete_old_everywhere",
        "schedule": crontab(minute="*/20"),
        "options": {"expires": 1200.0},
    },
    "forget-events": {
        "task": "messaging.forget_events",
        "schedule": crontab(hour="7,8", minute="10"),  # UTC: when it is night in America
        "options": {"expires": 3600.0},
    },
}
