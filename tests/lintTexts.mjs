// Lints texts as if they stood at given paths: reads `[{ path, text }]` from stdin, prints the messages of each as JSON on its last line
// (plugins may print above it).
// A program of its own, because ESLint loads its configuration as an ES module and Jest runs tests as CommonJS.
import { ESLint } from 'eslint';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import tsPlugin from '@typescript-eslint/eslint-plugin';

const cwd = fileURLToPath(new URL('..', import.meta.url));
// Texts that stand in no file belong to no TypeScript program, so the rules that need one are left out.
const untyped = {
  languageOptions: { parserOptions: { project: null } },
  rules: tsPlugin.configs['disable-type-checked'].rules,
};
const eslint = new ESLint({ cwd, overrideConfig: [untyped] });

const answers = [];
for (const { path, text } of await json(process.stdin)) {
  const results = await eslint.lintText(text, { filePath: path });
  answers.push(results.flatMap((result) => result.messages.map((message) => `${message.ruleId}: ${message.message}`)));
}
process.stdout.write(`\n${JSON.stringify(answers)}`);
