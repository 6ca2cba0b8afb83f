// A page made safe, and what belongs to it.
import type { HiddenText, PreviewLink, Removed } from '../../src/api/types';

const around = (hidden: string) =>
  `<body style="margin:0;font-family:sans-serif"><div style="background:#0b5394;color:#fff;padding:16px;font-size:20px">Pay Now</div>
  <div style="padding:16px"><p>Dear customer,</p><p>your invoice is <b>overdue</b>.
  <span style="color:#00e;text-decoration:underline">www.northwind.example</span><sup style="font-size:10px">1</sup>
  <span style="color:#9a3412;font:12px monospace">[pay[.]example[.]net]</span></p>${hidden}</div></body>`;

export const page = around('');
export const withHidden = around(
  '<p style="background:#fef3c7;color:#7c2d12;outline:1px dashed #b45309">meeting minutes quarterly report holiday</p>',
);

const links: PreviewLink[] = [
  {
    text: 'www.northwind.example',
    target: 'hxxps://pay[.]example[.]net/i/2026-0417',
    opened: null,
    wrapper: null,
    differs: true,
    seen: true,
  },
  {
    text: 'Unsubscribe',
    target:
      'hxxps://eur01[.]safelinks[.]protection[.]outlook[.]com/?url=https%3A%2F%2Flists%2Eexample%2Enet%2Foff&data=05',
    opened: 'hxxps://lists[.]example[.]net/off',
    wrapper: 'safe_links',
    differs: false,
    seen: true,
  },
  {
    text: '',
    target: 'hxxps://trap[.]example[.]net/',
    opened: null,
    wrapper: null,
    differs: false,
    seen: false,
  },
];

const hidden: HiddenText[] = [
  {
    reason: 'text_colour',
    because: '#fefefe on #ffffff',
    text: 'meeting minutes quarterly report holiday',
    letters: 36,
    place: '',
    offset: 2_110,
    times: 3,
    usual: null,
  },
  {
    reason: 'display_none',
    because: 'display:none',
    text: 'Your invoice of March is waiting for you',
    letters: 33,
    place: '',
    offset: 120,
    times: 1,
    usual: 'preheader',
  },
];

const removed: Removed[] = [
  {
    kind: 'remote pictures',
    count: 2,
    addresses: ['hxxps://tracker[.]example[.]net/p[.]gif', 'hxxps://cdn[.]example[.]net/logo[.]png'],
  },
  { kind: 'scripts', count: 1, addresses: [] },
];

export const facts = { links, hidden, removed };
