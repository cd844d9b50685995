"""Tells which credentials the official Python package finds.

Usage: parity.py HOST PORT

The environment says where to look, as for the provider. What would go to the cloud goes to HOST and PORT, over plain
HTTP. Prints the access key's id, or the reason why there is none after "none: ".
"""

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
    print(Client().get_credential().get_access_key_id())
except Exception as error:
    print(f"none: {error}")
