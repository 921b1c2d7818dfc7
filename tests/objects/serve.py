"""Serves S3 on a free port of loopback, says where, and ends when its input does."""

import logging
import sys

from moto.server import ThreadedMotoServer

# A line for each request would drown what the tests say.
logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
_, port = server.get_host_and_port()
print(f"http://127.0.0.1:{port}", flush=True)
sys.stdin.read()
server.stop()
