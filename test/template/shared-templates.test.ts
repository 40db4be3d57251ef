/** Templates that people and Microsoft published, of all ages. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { shared, WITHOUT_SHARED } from './azure-types.ts';
import { GROUP, IDENTITY, IMAGE, planOf, SUBSCRIPTION, toldOf } from './support.ts';

const folder = shared('templates');
const files = folder === false ? [] : readdirSync(folder);

/** What the people who wrote them had their readers fill in. */
const PARAMETERS = {
  imgBuilderId: IDENTITY,
  region: 'westeurope',
  region1: 'westeurope',
  region2: 'northeurope',
  rgName: 'images',
  rg: 'images',
  vnetRgName: 'network',
  vnetName: 'net',
  vnet: 'net',
  subnetName: 'build',
  subnet: 'build',
  imageName: 'linux',
  srcImageName: 'base',
  sharedImageGalName: 'golden',
  acgName: 'golden',
  gal: 'golden',
  imageDefName: 'linux',
  def: 'linux',
  sigImageVersion: '1.2.3',
  sigDefImgVersionId: `${GROUP}/providers/Microsoft.Compute/galleries/golden/images/base/versions/1.0.0`,
  runOutputName: 'output',
  scriptUrl: 'https://example.com/script.sh',
  name: 'everything',
  baseTime: '20260101',
  acct: 'account',
  container: 'scripts',
  mi: 'managed',
  umi: 'unmanaged',
  imageTemplateName: 'sample',
  'api-version': '2022-07-01',
  svclocation: 'westeurope',
  managedImageResGroupId: IMAGE.replace(/linux$/, ''),
  managedImageName: 'linux',
  packagesToInstall: 'nginx',
  targetOS: 'linux',
};

const WITHOUT_IDENTITY = /helloImageTemplateVHD|devOpsEnvTemplate/;
const TRIGGER = /trigger\.json$/;

describe('the published templates', { skip: folder === false ? WITHOUT_SHARED : false }, () => {
  for (const file of files.filter((name) => !TRIGGER.test(name))) {
    const text = readFileSync(`${String(folder)}/${file}`, 'utf8');
    const missing = WITHOUT_IDENTITY.test(file);
    it(`are read and planned${missing ? ' with --identity' : ''}: ${file}`, () => {
      const options = { fileName: file, parameters: PARAMETERS };
      if (missing) assert.match(toldOf(text, options).join('\n'), /^identity: .*--identity|\]\.identity: .*--identity/);
      const plan = planOf(text, { ...options, identities: missing ? [IDENTITY] : [] });
      assert.ok(plan.distribute.length > 0);
      assert.equal(plan.template.identities.length, 1);
      assert.equal(plan.template.subscriptionId, SUBSCRIPTION);
    });
  }

  it('hold one trigger, which is refused for what it is', () => {
    const [trigger = ''] = files.filter((name) => TRIGGER.test(name));
    const text = readFileSync(`${String(folder)}/${trigger}`, 'utf8');
    assert.match(toldOf(text, { parameters: PARAMETERS }).join(), /^properties\.kind: this is a trigger/);
  });
});
