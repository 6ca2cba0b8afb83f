"""exchangelib does to the mailbox of Ann what a mail program does. EWS_SCHEME says how she signs in."""

import os
import warnings

from exchangelib import (
    BASIC,
    DELEGATE,
    IMPERSONATION,
    NTLM,
    OAUTH2,
    Account,
    Configuration,
    Credentials,
    FaultTolerance,
    Identity,
    Mailbox,
    Message,
    OAuth2Credentials,
)
from exchangelib.autodiscover.protocol import AutodiscoverProtocol
from exchangelib.errors import ErrorItemNotFound
from exchangelib.protocol import BaseProtocol

warnings.simplefilter("ignore")
scheme = os.environ["EWS_SCHEME"]
url = os.environ["EWS_URL"]
ANN = "ann@example.org"


class Trusting(BaseProtocol.HTTP_ADAPTER_CLS):
    """Takes the certificates of the test."""

    def cert_verify(self, conn, url, verify, cert):
        gives_tokens = url == os.environ["EWS_TOKENS"]
        trusted = os.environ["EWS_ISSUER" if gives_tokens else "EWS_AUTHORITY"]
        super().cert_verify(conn=conn, url=url, verify=trusted, cert=cert)


BaseProtocol.HTTP_ADAPTER_CLS = Trusting
if scheme == "oauth":
    # An application that reads the mailbox of Ann in her name.
    OAuth2Credentials.token_url = property(lambda self: os.environ["EWS_TOKENS"])
    credentials = OAuth2Credentials(
        client_id=os.environ["EWS_USER"],
        client_secret=os.environ["EWS_PASSWORD"],
        tenant_id="unused",
        identity=Identity(primary_smtp_address=ANN),
    )
    auth, access = OAUTH2, IMPERSONATION
else:
    credentials = Credentials(os.environ["EWS_USER"], os.environ["EWS_PASSWORD"])
    auth, access = {"basic": BASIC, "ntlm": NTLM}[scheme], DELEGATE
config = Configuration(
    service_endpoint=url, credentials=credentials, auth_type=auth, retry_policy=FaultTolerance(max_wait=30)
)
account = Account(ANN, config=config, autodiscover=False, access_type=access)
assert account.protocol.version.build.major_version == 15, account.protocol.version
inbox = account.inbox
assert inbox.total_count == 5 and inbox.unread_count == 5, (inbox.total_count, inbox.unread_count)
processed = inbox / "Erledigt & geprüft"

# List: unread ones by a restriction, oldest first, in pages of two.
query = inbox.filter(is_read=False).order_by("datetime_received")
query.page_size = 2
messages = list(query)
assert [message.subject for message in messages] == ["m1", "m2", "m3", "m4", "m5"], messages
assert messages[0].sender.email_address == "ada@example.org", messages[0].sender
assert inbox.filter(subject__contains="M3").count() == 1
changes = list(inbox.sync_items(only_fields=["subject", "is_read"]))
assert sorted(item.subject for kind, item in changes if kind == "create") == ["m1", "m2", "m3", "m4", "m5"]

# Be told of what happens, pulled and streamed.
subscription, watermark = inbox.subscribe_to_pull()
stream = inbox.subscribe_to_streaming()

# Read.
(one,) = account.fetch([messages[0]], only_fields=["mime_content", "is_read", "text_body"])
assert one.mime_content.startswith(b"Message-ID: <m1@suite.example>\r\n"), one.mime_content
assert "letter m1" in one.text_body and not one.is_read

# Mark.
first = messages[0]
first.is_read = True
first.save(update_fields=["is_read"])
((kind, (item, read)),) = inbox.sync_items(sync_state=inbox.item_sync_state, only_fields=["is_read"])
assert (kind, item.id, read) == ("read_flag_change", first.id, True), (kind, item, read)

# Move and delete; an identity ends with it.
old = messages[1].id
messages[1].move(to_folder=processed)
assert [message.subject for message in processed.all()] == ["m2"]
(gone,) = account.fetch([(old, None)])
assert isinstance(gone, ErrorItemNotFound), gone
messages[2].move_to_trash()

# What happened is known.
(notification,) = inbox.get_events(subscription, watermark)
events = [type(event).__name__ for event in notification.events]
assert "ModifiedEvent" in events and events.count("MovedEvent") == 2, events
inbox.unsubscribe(subscription)
for notification in inbox.get_streaming_events(stream, connection_timeout=1, max_notifications_returned=1):
    streamed = [type(event).__name__ for event in notification.events]
    assert streamed == events, (streamed, events)
inbox.unsubscribe(stream)

# Send: a reply in the thread, and MIME.
messages[3].reply(subject="RE: m4 [CASE-7]", body="closed", to_recipients=[Mailbox(email_address="ada@example.org")])
mime = b"From: ann@example.org\r\nTo: bob@example.org\r\nSubject: mime\r\nMessage-ID: <mime@suite.example>\r\n\r\nx\r\n"
draft = Message(account=account, folder=account.drafts, mime_content=mime)
draft.save()
draft.send()
Message(account=account, subject="new", body="y", to_recipients=["bob@example.org"]).send_and_save()

# Everything that has folders has been walked.
names = {folder.name for folder in account.msg_folder_root.walk()}
assert {"Inbox", "Erledigt & geprüft", "Deleted Items"} <= names, names
assert account.protocol.resolve_names(["bob"])[0].email_address == "bob@example.org"

# Where the service is, it would have found by itself.
if scheme != "oauth":
    found = AutodiscoverProtocol(
        config=Configuration(
            service_endpoint=url.replace("/EWS/Exchange.asmx", "/autodiscover/autodiscover.svc"),
            credentials=credentials,
            auth_type=auth,
            version=account.version,
        )
    ).get_user_settings(user=ANN)
    assert found.ews_url == url and found.autodiscover_smtp_address == ANN, found
