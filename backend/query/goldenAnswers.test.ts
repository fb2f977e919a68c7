import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createQueryEngine } from './queryEngine.ts';
import { drawAnswer } from './testing/drawAnswer.ts';
import { MINUTE_MS, storeCluster } from './testing/storedCluster.ts';

/** `UPDATE_ANSWERS=1 npm test -- backend/query/goldenAnswers` draws the answers anew; look at the difference then. */
const isUpdating = process.env.UPDATE_ANSWERS === '1';
const folder = new URL('./testdata/', import.meta.url);

interface Case {
  readonly title: string;
  readonly question: string;
  readonly answer: string;
}

/** A file is what is stored, then questions: a line `## title`, the question, `---`, the answer. */
function readCases(text: string): { stored: string; cases: Case[] } {
  const [stored, ...blocks] = text.split(/^## /m);
  const cases = blocks.map((block) => {
    const [title, ...lines] = block.trimEnd().split('\n');
    const [question, answer = ''] = lines.join('\n').split(/^---$/m);
    return { title, question: question.trim(), answer: answer.trim() };
  });
  return { stored, cases };
}

const limits = { maxSeries: 10, maxPoints: 60 };

describe.each(readdirSync(folder).sort())('%s', (file) => {
  const path = new URL(file, folder);
  const { stored, cases } = readCases(readFileSync(path, 'utf8'));
  const engine = createQueryEngine(storeCluster(stored.replace(/^#.*\n/gm, '')), MINUTE_MS, limits);
  const answers = cases.map(({ question }) => drawAnswer(engine, question));

  it.each(cases.map((one, index) => [one.title, one, index] as const))('%s', (_title, { answer }, index) => {
    if (!isUpdating) {
      expect(answers[index]).toBe(answer);
    }
  });

  if (isUpdating) {
    const blocks = cases.map(({ title, question }, index) => `## ${title}\n${question}\n---\n${answers[index]}\n`);
    writeFileSync(path, stored + blocks.join('\n'));
  }
});
