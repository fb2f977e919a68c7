// Prints `N passed, N failed` from Jest's report and the number of failed steps, and ends with 1 if anything failed.
import { existsSync, readFileSync } from 'node:fs';

const [reportPath, failedSteps] = process.argv.slice(2);
const report = existsSync(reportPath) ? JSON.parse(readFileSync(reportPath, 'utf8')) : undefined;
const passed = report?.numPassedTests ?? 0;
// A file that cannot even be loaded holds tests that Jest does not count.
const failedTests = (report?.numFailedTests ?? 0) + (report?.numRuntimeErrorTestSuites ?? 0);
// The step that ran the tests is not counted beside the tests that made it fail.
const failed = failedTests + Math.max(0, Number(failedSteps) - (failedTests > 0 ? 1 : 0));
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
