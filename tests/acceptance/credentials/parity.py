"""Tells which credentials the official Python package finds.

Usage: parity.py HOST PORT

The environment says where to look, as for the provider. What would go to the cloud goes to HOST and PORT, over plain
HTTP. Prints the access key as a list of id, secret and token, or the reason why there is none as a text.
"""

import json
import sys

from Tea.core import TeaCore

HOST, PORT = sys.argv[1], int(sys.argv[2])
do_action = TeaCore.do_action


def redirected(request, runtime_option=None):
    request.protocol = "http"
    request.port = PORT
    request.headers["host"] = HOST
    return do_action(request, runtime_option)


TeaCore.do_action = staticmethod(redirected)

# After the change above, which it must see.
from alibabacloud_credentials.client import Client  # noqa: E402

try:
    key = Client().get_credential()
    print(json.dumps([key.access_key_id, key.access_key_secret, key.security_token]))
except Exception as error:
    print(json.dumps(f"none: {error}"))
