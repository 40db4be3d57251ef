/** The schemas against Microsoft's own model, field by field, for each api-version. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { API_VERSIONS } from '../../src/template/api-versions/api-versions.ts';
import { azureFields, shared, WITHOUT_SHARED } from './azure-types.ts';
import { schemaFields } from './schema-fields.ts';

const types = shared('azure-types/microsoft.virtualmachineimages');

/** Kiln checks these closer than the model, which has them as any text. */
const CLOSER = /^text \^\(\[0-9A-Fa-f\]\{64\}\)\?\$$/;

describe('the schema of an api-version', { skip: types === false ? WITHOUT_SHARED : false }, () => {
  for (const version of API_VERSIONS) {
    it(`has the fields of ${version}, each required, read-only and limited as Azure has it`, () => {
      const azure = azureFields(String(types), version);
      const ours = schemaFields(version);
      assert.deepEqual([...ours.keys()].toSorted(), [...azure.keys()].toSorted());
      for (const [path, field] of azure) {
        const own = ours.get(path);
        // What Azure fills in is taken and left out, whatever it is; the name comes from the file where there is none.
        if (field.readOnly) {
          assert.equal(own?.readOnly, true, path);
          continue;
        }
        const kind = CLOSER.test(own?.kind ?? '') ? 'text' : own?.kind;
        assert.deepEqual({ ...own, kind }, field, path);
      }
    });
  }
});
