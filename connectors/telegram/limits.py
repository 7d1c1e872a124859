"""What Telegram allows (core.telegram.org/bots/api, /bots/faq). Text counts in UTF-16 units after entities."""

NAME = "telegram"
API = "https://api.telegram.org"

TEXT_UNITS = 4_096
CALLBACK_DATA_BYTES = 64
BUTTON_LABEL = 40
BUTTONS_A_MESSAGE = 100

# Telegram takes about 30 messages a second from a bot, one a second to a chat, 20 a minute to a group; short bursts
# pass. Overall, connectors.telegram.pace knows when each can have arrived; per chat and group we stay a little below.
MESSAGES_A_SECOND = 30
# Where several processes share them; a little less, since none knows when another's arrive.
SHARED_ANSWERS_A_SECOND, SHARED_BROADCASTS_A_SECOND = 8, 20
CHAT_MESSAGES, CHAT_SECONDS = 3, 3
GROUP_MESSAGES, GROUP_SECONDS = 18, 60

# Long answers appear piece by piece (sendMessageDraft).
STREAM_FROM_UNITS = 600
