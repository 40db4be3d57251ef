/** A Packer file of either syntax, as the import sees it. */
import type { Fields } from './fields.ts';

/** What one source becomes in one build. */
export interface PackerBuild {
  /** Of the image, as in `ubuntu`. */
  name: string;
  /** As in `azure-arm`. */
  type: string;
  /** Of the source block: what Packer tells scripts as PACKER_BUILD_NAME, whatever the build calls it. */
  label: string;
  source: Fields;
  provisioners: Fields[];
  postProcessors: Fields[];
}

export interface PackerOptions {
  /** `name=value`, in order. */
  vars: string[];
  varFiles: string[];
  env: Record<string, string | undefined>;
  now: Date;
}
