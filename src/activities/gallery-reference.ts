import type { ResolvedSource } from '../template/build-plan.ts';
import { galleryKindOf } from '../template/resource-id.ts';

/** A gallery that others share is named by its unique name, and its images by no resource id. */
export function galleryReference({ id }: ResolvedSource) {
  switch (galleryKindOf(id)) {
    case 'directShared':
      return { sharedGalleryImageId: id };
    case 'community':
      return { communityGalleryImageId: id };
    case 'own':
    case undefined:
      return { id };
  }
}

/** The plan under which the marketplace sold what a gallery's image was made from; Azure asks for it with each machine. */
export function planOf(sold: Partial<Sold> | undefined): { plan?: Sold } {
  const { name, product, publisher } = sold ?? {};
  if (name === undefined || product === undefined || publisher === undefined) return {};
  return { plan: { name, product, publisher } };
}

type Sold = NonNullable<ResolvedSource['plan']>;
