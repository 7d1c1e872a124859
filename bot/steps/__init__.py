"""The steps of answering, one file each, in the order that bot.answering lists them."""
