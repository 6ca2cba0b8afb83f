"""Thunderbird, told what to do through Marionette, does to the mailbox of Ann what people do with it."""

import json
import os
import socket
import time

DEADLINE = 120


class Marionette:
    """Just enough of Mozilla's protocol: each packet is its length, a colon, and JSON."""

    def __init__(self, port):
        end = time.monotonic() + DEADLINE
        while True:
            try:
                self.wire = socket.create_connection(("127.0.0.1", port), timeout=DEADLINE)
                break
            except ConnectionRefusedError:
                assert time.monotonic() < end, "Thunderbird does not listen"
                time.sleep(0.1)
        self.rest, self.number = b"", 0
        self.receive()

    def receive(self):
        while b":" not in self.rest:
            self.more()
        length, self.rest = self.rest.split(b":", 1)
        while len(self.rest) < int(length):
            self.more()
        packet, self.rest = self.rest[: int(length)], self.rest[int(length) :]
        return json.loads(packet)

    def more(self):
        data = self.wire.recv(65536)
        assert data, "Thunderbird hung up"
        self.rest += data

    def ask(self, command, parameters):
        self.number += 1
        packet = json.dumps([0, self.number, command, parameters]).encode()
        self.wire.sendall(b"%d:%s" % (len(packet), packet))
        _, number, error, result = self.receive()
        assert number == self.number and error is None, error
        return result

    def run(self, script):
        """Runs the body of an async function; `until` waits for something to become true."""
        body = (
            """const done = arguments[arguments.length - 1];
            const {MailServices} = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
            const {setTimeout} = ChromeUtils.importESModule("resource://gre/modules/Timer.sys.mjs");
            const until = async (what, look) => {
              for (let tries = 0; tries < 300; tries++) {
                const seen = look();
                if (seen) return seen;
                await new Promise(resolve => setTimeout(resolve, 100));
              }
              throw new Error("waited in vain until " + what);
            };
            const server = () => MailServices.accounts.allServers.find(server => server.type == "ews");
            const inbox = () => server().rootFolder.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox);
            (async () => {%s})().then(value => done({value}), error => done({error: String(error)}));"""
            % script
        )
        parameters = {"script": body, "args": [], "sandbox": "system", "newSandbox": True}
        outcome = self.ask("WebDriver:ExecuteAsyncScript", parameters)["value"]
        assert "error" not in outcome, outcome["error"]
        return outcome.get("value")


bird = Marionette(int(os.environ["MARIONETTE_PORT"]))
bird.ask("WebDriver:NewSession", {})
bird.ask("Marionette:SetContext", {"value": "chrome"})
bird.ask("WebDriver:SetTimeouts", {"script": DEADLINE * 1000})

# An account.
bird.run(
    """Services.prefs.setBoolPref("mail.biff.show_alert", false);
    const made = MailServices.accounts.createIncomingServer("%s", "127.0.0.1", "ews");
    made.password = "%s";
    made.setStringValue("ews_url", "%s");
    made.authMethod = Ci.nsMsgAuthMethod.passwordCleartext;
    made.prettyName = "Ann";
    const account = MailServices.accounts.createAccount();
    account.incomingServer = made;
    const identity = MailServices.accounts.createIdentity();
    identity.email = "%s";
    account.addIdentity(identity);
    account.defaultIdentity = identity;"""
    % (os.environ["EWS_USER"], os.environ["EWS_PASSWORD"], os.environ["EWS_URL"], os.environ["EWS_USER"])
)

# Folders and the messages of one.
folders = bird.run(
    """server().performExpand(null);
    await until("the folders are there",
      () => inbox() && server().rootFolder.descendants.some(folder => folder.name == "Processed"));
    return server().rootFolder.descendants.map(folder => folder.name);"""
)
assert "Calendar" not in folders, folders
subjects = bird.run(
    """inbox().updateFolder(null);
    await until("the messages are there", () => inbox().getTotalMessages(false) == 3);
    return [...inbox().messages].map(message => message.subject).sort();"""
)
assert subjects == ["m1", "m2", "m3"], subjects

# Read, which fetches the message.
text = bird.run(
    """const [message] = [...inbox().messages].filter(message => message.subject == "m1");
    const uri = inbox().getUriForMsg(message);
    return new Promise((resolve, reject) => {
      let text = "";
      const listener = {
        QueryInterface: ChromeUtils.generateQI(["nsIStreamListener"]),
        onStartRequest() {},
        onDataAvailable(request, stream, offset, count) {
          const reader = Cc["@mozilla.org/scriptableinputstream;1"].createInstance(Ci.nsIScriptableInputStream);
          reader.init(stream);
          text += reader.read(count);
        },
        onStopRequest(request, status) {
          if (Components.isSuccessCode(status)) resolve(text); else reject(new Error("status " + status));
        },
      };
      MailServices.messageServiceFromURI(uri).streamMessage(uri, listener, null, null, false, "", false);
    });"""
)
assert "This is letter m1." in text, text

# Mark, move, delete. What became of it the server tells.
for script in [
    """inbox().markMessagesRead([message("m1")], true);""",
    """const target = server().rootFolder.descendants.find(folder => folder.name == "Processed");
    MailServices.copy.copyMessages(inbox(), [message("m2")], target, true, null, null, false);
    await until("m2 is gone", () => !message("m2"));""",
    """inbox().deleteMessages([message("m3")], null, false, true, null, false);
    await until("m3 is gone", () => !message("m3"));""",
]:
    found = """const message = subject => [...inbox().messages].find(message => message.subject == subject);"""
    bird.run(found + script)

# Somebody else's mail comes in.
print("ready", flush=True)
input()
bird.run(
    """inbox().getNewMessages(null, null);
    await until("m4 is there", () => [...inbox().messages].some(message => message.subject == "m4"));"""
)
