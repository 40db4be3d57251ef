/**
 * Whatever the types of @azure/arm-imagebuilder allow, the schema takes: checked by the compiler. The SDK's unions have
 * an open base member (`type: string`) for what the future brings; it is left out, part by part.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type * as sdk from '@azure/arm-imagebuilder';
import type { z } from 'zod';
import { NEWEST_API_VERSION } from '../../src/template/api-versions/api-versions.ts';
import type * as distributors from '../../src/template/schema/distributors.ts';
import { imageTemplate } from '../../src/template/schema/image-template.ts';
import type { identity, properties } from '../../src/template/schema/image-template.ts';
import type * as settings from '../../src/template/schema/settings.ts';
import type * as source from '../../src/template/schema/source.ts';
import type * as steps from '../../src/template/schema/steps.ts';
import { IDENTITY, SOURCE } from './support.ts';

type Input<F extends (...args: never[]) => z.ZodType> = z.input<ReturnType<F>>;

/** `true`, or a compile error where `Given` has a value that `Taken` has not. */
type Taken<Given extends Wanted, Wanted> = [Given, Wanted] extends [unknown, unknown] ? true : never;

type OpenParts = 'source' | 'customize' | 'validate' | 'distribute';
type Checks = [
  Taken<sdk.ImageTemplatePlatformImageSource, Input<typeof source.platformImage>>,
  Taken<sdk.ImageTemplateManagedImageSource, Input<typeof source.managedImageSource>>,
  Taken<sdk.ImageTemplateSharedImageVersionSource, Input<typeof source.sharedImageVersion>>,
  Taken<sdk.ImageTemplateShellCustomizer, Input<typeof steps.shell>>,
  Taken<sdk.ImageTemplatePowerShellCustomizer, Input<typeof steps.powerShell>>,
  Taken<sdk.ImageTemplateFileCustomizer, Input<typeof steps.file>>,
  Taken<sdk.ImageTemplateRestartCustomizer, Input<typeof steps.windowsRestart>>,
  Taken<sdk.ImageTemplateWindowsUpdateCustomizer, Input<typeof steps.windowsUpdate>>,
  Taken<sdk.ImageTemplateShellValidator, Input<typeof steps.validator>>,
  Taken<sdk.ImageTemplatePowerShellValidator, Input<typeof steps.validator>>,
  Taken<sdk.ImageTemplateFileValidator, Input<typeof steps.validator>>,
  Taken<sdk.ImageTemplateManagedImageDistributor, Input<typeof distributors.managedImage>>,
  Taken<sdk.ImageTemplateVhdDistributor, Input<typeof distributors.vhd>>,
  Taken<Omit<sdk.ImageTemplateSharedImageDistributor, 'versioning'>, Input<typeof distributors.sharedImage>>,
  Taken<sdk.DistributeVersionerLatest, Input<typeof distributors.versioning>>,
  Taken<sdk.DistributeVersionerSource, Input<typeof distributors.versioning>>,
  Taken<sdk.TargetRegion, Input<typeof distributors.targetRegion>>,
  Taken<sdk.ImageTemplateVmProfile, Input<typeof settings.vmProfile>>,
  Taken<sdk.VirtualNetworkConfig, Input<typeof settings.vnetConfig>>,
  Taken<Omit<sdk.ImageTemplatePropertiesValidate, 'inVMValidations'>, Input<typeof settings.validation>>,
  Taken<sdk.ImageTemplatePropertiesOptimize, Input<typeof settings.optimize>>,
  Taken<sdk.ImageTemplatePropertiesErrorHandling, Input<typeof settings.errorHandling>>,
  Taken<sdk.ImageTemplateAutoRun, Input<typeof settings.autoRun>>,
  Taken<sdk.ImageTemplateIdentity, Input<typeof identity>>,
  Taken<Omit<sdk.ImageTemplateProperties, OpenParts>, Omit<Input<typeof properties>, OpenParts>>,
];

it('takes every body that the types of the SDK allow', () => {
  // The list above is what is tested; it compiles only where every line of it is true.
  const checked: Checks extends true[] ? number : never = 25 satisfies Checks['length'];
  assert.equal(checked, 25);
});

it('takes a body of the SDK as it is', () => {
  const body = {
    location: 'westeurope',
    identity: { type: 'UserAssigned', userAssignedIdentities: { [IDENTITY]: {} } },
    source: SOURCE,
    distribute: [{ type: 'VHD', runOutputName: 'disk' } satisfies sdk.ImageTemplateVhdDistributor],
  } satisfies sdk.ImageTemplate;
  const { location, identity: who, ...rest } = body;
  const parsed = imageTemplate(NEWEST_API_VERSION).safeParse({ name: 'a', location, identity: who, properties: rest });
  assert.ok(parsed.success, parsed.error?.message);
});
