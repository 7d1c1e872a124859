"""The processes: settings, wiring, command line, web server, webhooks, worker, chat page."""

import os
import time

# When this process began, for who waits for it from its start.
STARTED_AT = time.monotonic()

# OpenBLAS keeps a thread a core spinning after each product of vectors, for longer than a whole answer takes. Ours
# are small; one thread is as quick, and the other cores are free. It reads this once, when numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
