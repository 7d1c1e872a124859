"""Fake LINE and Telegram on loopback: they judge every request by the documented rules, and fail on purpose.

The rules are our own tables, from developers.line.biz/en/reference/messaging-api and core.telegram.org/bots/api.
"""
