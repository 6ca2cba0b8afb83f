// Hands a message to a mail server, the way a mail server does (LMTP, RFC 2033).
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** Delivers `message` (CRLF line ends) to `recipient`; fails with what the server answered. */
export async function deliver(port: number, recipient: string, message: string): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port });
  try {
    const reply = replies(socket);
    await expectReply(reply, '220');
    for (const [command, code] of [
      ['LHLO localhost', '250'],
      ['MAIL FROM:<sender@example.org>', '250'],
      [`RCPT TO:<${recipient}>`, '250'],
      ['DATA', '354'],
    ] as const) {
      socket.write(`${command}\r\n`);
      await expectReply(reply, code);
    }
    socket.write(`${message.replace(/^\./gm, '..')}\r\n.\r\n`);
    await expectReply(reply, '250');
    socket.write('QUIT\r\n');
  } finally {
    socket.end();
  }
}

/** The last line of each reply; `250-` lines announce that more follow. */
async function* replies(socket: Socket): AsyncGenerator<string, void> {
  for await (const line of createInterface({ input: socket })) {
    if (line[3] !== '-') yield line;
  }
}

async function expectReply(reply: AsyncGenerator<string, void>, code: string): Promise<void> {
  const { value } = await reply.next();
  if (!value?.startsWith(code))
    throw new Error(`LMTP: expected ${code}, the server answered ${value ?? 'nothing'}`);
}
