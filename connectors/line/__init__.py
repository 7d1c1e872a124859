"""LINE, by the Messaging API. The only room that imports linebot."""
