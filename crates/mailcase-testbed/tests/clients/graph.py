"""O365, a Graph client made without Microsoft, does to the mailbox of Ann what a mail program does."""

import datetime
import os

import requests
from O365 import Account, MSGraphProtocol


class Local(MSGraphProtocol):
    _protocol_url = os.environ["GRAPH_ORIGIN"] + "/"


account = Account(("an-id", "a-secret"), protocol=Local(), main_resource="ann@example.org")
session = requests.Session()
session.trust_env = False
session.verify = os.environ["GRAPH_AUTHORITY"]
session.headers["Authorization"] = "Bearer " + os.environ["GRAPH_TOKEN"]
account.con.session = session
mailbox = account.mailbox("ann@example.org")
inbox = mailbox.inbox_folder()

# List: unread ones by filter, in pages of two, oldest first.
begin = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
build = mailbox.new_query()
query = build.greater_equal("receivedDateTime", begin) & build.equals("isRead", False)
messages = list(inbox.get_messages(limit=None, batch=2, query=query & build.orderby("receivedDateTime")))
assert [message.subject for message in messages] == ["m1", "m2", "m3", "m4", "m5"], messages
one, two, three, four, _ = messages

# Read.
raw = one.get_mime_content()
assert raw.startswith(b"Message-ID: <m1@suite.example>\r\n"), raw
assert "letter m1" in one.body, one.body

# Mark.
assert one.mark_as_read()
assert inbox.get_message(object_id=one.object_id).is_read

# Move.
folder = inbox.create_child_folder("Erledigt & geprüft")
assert two.move(folder)
assert [message.subject for message in folder.get_messages()] == ["m2"]
assert inbox.get_folder(folder_name="Erledigt & geprüft") == folder

# Delete.
assert three.delete()
assert len(list(inbox.get_messages(limit=10))) == 3

# Send: a reply in the thread and a new message.
reply = four.reply()
reply.subject = "RE: m4 [CASE-7]"
assert reply.send()
message = mailbox.new_message()
message.to.add("bob@example.org")
message.subject = "json"
message.body = "x"
assert message.send()
