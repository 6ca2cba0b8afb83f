// Hands a message to a mail server, the way a mail server does (LMTP, RFC 2033).

import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { env } from './environment';

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

/** A plain message of today, as a person writes one. */
type Letter = { from?: string; subject: string; lines: string[] };

/** Delivers a letter to the mailbox that is watched. */
export async function send({
  from = 'Petra Lind <petra@example.org>',
  subject,
  lines,
}: Letter): Promise<void> {
  const head = [
    `From: ${from}`,
    `To: <${env('IMAP_USER')}>`,
    `Subject: ${subject}`,
    `Message-ID: <${randomUUID()}@example.org>`,
  ];
  await deliver(Number(env('LMTP_PORT')), env('IMAP_USER'), [...head, '', ...lines, ''].join('\r\n'));
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
