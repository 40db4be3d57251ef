/** The action's step. */
import { runBuild } from '../pipeline/run-build.ts';
import { resultsOf } from '../pipeline/results.ts';
import { requestOf } from './inputs.ts';
import { GitHubPage } from './page.ts';

const page = new GitHubPage(process.env);
const { code, builds } = await runBuild(() => requestOf(process.env), page);
const [first] = builds;
if (first !== undefined) {
  const statuses = builds.map(({ status }) => status);
  const { imageUri, imageIds, imageVersions, vhdUri, runOutputName, outputs } = resultsOf(statuses);
  const { state, templateId, templateName, source = '', exactVersion = '' } = first.status;
  const values = {
    state,
    'imagebuilder-run-status': code === 0 ? 'succeeded' : 'failed',
    'run-output-name': runOutputName,
    'custom-image-uri': imageUri,
    'image-ids': JSON.stringify(imageIds),
    'image-versions': JSON.stringify(imageVersions),
    'vhd-uri': vhdUri,
    outputs: JSON.stringify(outputs),
    'template-name': templateName,
    'template-id': templateId,
    source,
    'source-version': exactVersion,
  };
  for (const [name, value] of Object.entries(values)) page.output(name, value);
}
// The SDK keeps timers of its own.
process.stdout.write('', () => process.exit(code));
