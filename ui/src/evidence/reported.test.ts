import { describe, expect, it } from 'vitest';
import type { Report, ReportedMessage } from '../api/types';
import { countWords, depthOf, doubt, placeWords, sendersOf, toolWords } from './reported';

const attached: ReportedMessage = {
  path: '/2',
  from: [{ name: 'Parcel', address: 'p@evil.example' }],
  to: [],
  cc: [],
  subject: 'Your parcel',
  sent: null,
  sent_text: null,
  message_id: null,
  within: null,
  original: true,
  place: null,
  confidence: 'certain',
  marks: [],
  authentication: [],
};
const copied: ReportedMessage = {
  ...attached,
  path: '/1',
  place: { head: 0, body: 10, end: 20, because: 'From, Sent', text: 'Pay now' },
  confidence: 'doubtful',
};
const report = (messages: ReportedMessage[], more = false): Report => ({
  reporter: null,
  words: null,
  tool: null,
  opinion: null,
  messages,
  more,
});

describe('reported mail', () => {
  it('stands as deep as it was passed on', () => {
    const chain = [attached, { ...attached, within: 0 }, { ...copied, within: 1 }, attached];
    expect(chain.map((_, index) => depthOf(chain, index))).toEqual([0, 1, 2, 0]);
    expect(depthOf([{ ...attached, within: 0 }], 0)).toBe(0);
    expect(depthOf([], 3)).toBe(0);
  });

  it('is counted without what only passed it on', () => {
    const passed = { ...attached, original: false };
    expect(countWords(report([]))).toMatch(/not in the report/);
    expect(countWords(report([attached]))).toBeNull();
    expect(countWords(report([passed, attached]))).toBe('One message was reported, passed on once before.');
    expect(countWords(report([passed, passed, attached]))).toMatch(/passed on 2 times before/);
    expect(countWords(report([attached, attached], true))).toBe(
      '2 messages were reported. There are more; only the first are told.',
    );
  });

  it('says where it is, who wrote it and how sure that is', () => {
    expect(placeWords(attached)).toBe('attached as part /2');
    expect(placeWords(copied)).toBe('copied into the text of part /1');
    expect(sendersOf(attached)).toBe('Parcel <p@evil.example>');
    expect(sendersOf({ ...attached, from: [] })).toBe('nobody named');
    expect(doubt(attached)).toBeNull();
    expect(doubt({ ...copied, confidence: 'certain' })).toBeNull();
    expect(doubt({ ...copied, confidence: 'likely' })).toMatch(/Only the text/);
    expect(doubt(copied)).toMatch(/answered/);
  });

  it('names the tool as it names itself', () => {
    expect(toolWords({ kind: 'cofense', name: null, because: '' })).toBe('Cofense Reporter');
    expect(toolWords({ kind: 'feedback_report', name: 'Gen/1', because: '' })).toMatch(
      /^Gen\/1 \(a feedback/,
    );
  });
});
