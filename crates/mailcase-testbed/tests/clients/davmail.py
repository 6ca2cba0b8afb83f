"""A mail program of IMAP and SMTP does to the mailbox of Ann what mail programs do, through DavMail."""

import imaplib
import os
import smtplib

user, password = os.environ["EWS_USER"], os.environ["EWS_PASSWORD"]


def done(answer):
    status, data = answer
    assert status == "OK", answer
    return data


mail = imaplib.IMAP4("127.0.0.1", int(os.environ["DAVMAIL_IMAP"]), timeout=60)
done(mail.login(user, password))
folders = b"\n".join(done(mail.list()))
assert b"INBOX" in folders and b"Processed" in folders, folders

# List: all, and the unread ones.
assert done(mail.select("INBOX")) == [b"5"]
numbers = done(mail.uid("search", None, "UNSEEN"))[0].split()
assert len(numbers) == 5, numbers
headers = done(mail.uid("fetch", "1:*", "(FLAGS RFC822.SIZE INTERNALDATE)"))
assert len(headers) == 5, headers

# Read, to the byte.
for index, uid in enumerate(numbers, start=1):
    body = done(mail.uid("fetch", uid, "(BODY.PEEK[])"))[0][1]
    assert body.rstrip().endswith(b"This is letter m%d." % index), body

# Mark.
done(mail.uid("store", numbers[0], "+FLAGS", "(\\Seen)"))
assert done(mail.uid("search", None, "UNSEEN"))[0].split() == numbers[1:]

# Move and delete.
done(mail.uid("move", numbers[1], "INBOX/Processed"))
done(mail.uid("store", numbers[2], "+FLAGS", "(\\Deleted)"))
done(mail.expunge())
assert done(mail.uid("search", None, "ALL"))[0].split() == [numbers[0], *numbers[3:]]
assert done(mail.select("INBOX/Processed")) == [b"1"]

# Something is put into a folder.
done(mail.append("INBOX/Processed", "(\\Seen)", None, b"Subject: put\r\nFrom: ann@example.org\r\n\r\nthere\r\n"))
mail.logout()

# Send.
with smtplib.SMTP("127.0.0.1", int(os.environ["DAVMAIL_SMTP"]), timeout=60) as sender:
    sender.login(user, password)
    sender.sendmail(
        "ann@example.org",
        ["bob@example.org"],
        b"From: ann@example.org\r\nTo: bob@example.org\r\nSubject: smtp\r\n\r\nhello\r\n",
    )
