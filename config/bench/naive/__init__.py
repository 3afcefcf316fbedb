"""The yardstick design: what a competent project does before it has measured anything.

A REST framework view, the ORM, one Celery task for each event, and the middleware that Django's
`startproject` gives; kindly, with a connection that stays open. It stores into the same table.
"""
