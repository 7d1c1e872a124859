"""What LINE allows (developers.line.biz/en/reference/messaging-api).

Text counts in UTF-16 units, labels in grapheme clusters.
"""

NAME = "line"
API = "https://api.line.me"
DATA_API = "https://api-data.line.me"

TEXT_UNITS = 5_000
MESSAGES_A_CALL = 5
MULTICAST_CHATS = 500
ALT_TEXT_UNITS = 1_500
BUBBLE_BYTES = 30_000
CAROUSEL_BUBBLES = 12
CAROUSEL_BYTES = 50_000
QUICK_REPLIES = 13
QUICK_REPLY_LABEL = 20
FLEX_LABEL = 40
POSTBACK_DATA_UNITS = 300
URI_CHARACTERS = 1_000
LOADING_SECONDS = 20

# A reply token lives about a minute; after this a push is surer.
REPLY_TOKEN_SECONDS = 50
# A retry key is remembered for a day.
RETRY_KEY_HOURS = 23
