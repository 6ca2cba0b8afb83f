"""What a plain program does with exchangelib: one unread message after the other is fetched, kept and marked read.

Prints how many, and in how many seconds."""

import json
import os
import time

from exchangelib import BASIC, DELEGATE, Account, Configuration, Credentials
from exchangelib.protocol import BaseProtocol


class Trusting(BaseProtocol.HTTP_ADAPTER_CLS):
    """Takes the certificate of the simulator, when it has one."""

    def cert_verify(self, conn, url, verify, cert):
        super().cert_verify(conn=conn, url=url, verify=os.environ.get("EWS_AUTHORITY", verify), cert=cert)


BaseProtocol.HTTP_ADAPTER_CLS = Trusting
user = os.environ["EWS_USER"]
config = Configuration(
    service_endpoint=os.environ["EWS_URL"],
    credentials=Credentials(user, os.environ["EWS_PASSWORD"]),
    auth_type=BASIC,
)
started = time.perf_counter()
account = Account(user, config=config, autodiscover=False, access_type=DELEGATE)
count = 0
with open(os.environ["OUT"], "wb") as kept:
    # It fetches the MIME of a hundred messages at once. What is found must be known before anything is marked, or the
    # pages of the unread would shift.
    unread = account.inbox.filter(is_read=False).order_by("datetime_received")
    for message in list(unread.only("mime_content", "is_read")):
        kept.write(message.mime_content)
        message.is_read = True
        message.save(update_fields=["is_read"])
        count += 1
    kept.flush()
    os.fsync(kept.fileno())
print(json.dumps({"messages": count, "seconds": time.perf_counter() - started}))
