"""The outside world: channels that citizens write on, and sources that announcements come from."""
