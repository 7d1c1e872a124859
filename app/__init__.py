"""The processes: settings, wiring, command line, web server, chat page."""
