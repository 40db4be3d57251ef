/** The template's build step. */
import { runBuild } from '../pipeline/run-build.ts';
import { resultsOf } from '../pipeline/results.ts';
import { requestOf } from './inputs.ts';
import { AzurePipelinesPage } from './page.ts';

const page = new AzurePipelinesPage(process.env);
const { code, builds } = await runBuild(() => requestOf(process.env), page);
const [first] = builds;
if (first !== undefined) {
  const { imageUri, imageIds, imageVersions, vhdUri, outputs } = resultsOf(builds.map(({ status }) => status));
  const { state, templateId, templateName, source = '', exactVersion = '' } = first.status;
  // Of a platform image, as the task names them.
  const [publisher = '', offer = '', sku = ''] = source.startsWith('/') ? [] : source.split(':');
  const values = {
    imageUri,
    templateName,
    templateId,
    pirPublisher: publisher,
    pirOffer: offer,
    pirSku: sku,
    pirVersion: publisher === '' ? '' : exactVersion,
    state,
    imageIds: JSON.stringify(imageIds),
    imageVersions: JSON.stringify(imageVersions),
    vhdUri,
    outputs: JSON.stringify(outputs),
  };
  for (const [name, value] of Object.entries(values)) page.output(name, value);
}
// The SDK keeps timers of its own.
process.stdout.write('', () => process.exit(code));
